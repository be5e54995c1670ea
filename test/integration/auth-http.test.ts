import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpService } from '../../src/auth/http/http-service.ts';
import { authenticationPlaceholders } from '../../src/auth/http/placeholders.ts';
import { requestTemplate } from '../../src/auth/http/request-template.ts';
import { httpAccessSchema } from '../../src/auth/http/schema.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../src/auth/outside/http-client.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { authenticationRequest } from '../support/authentication-request.ts';
import { bodyOf, json, startBackend } from '../support/backend.ts';
import { type TestPki, testPki } from '../support/test-pki.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const client = (options: Partial<HttpClientOptions> = {}): HttpClient =>
  createHttpClient({ connections: 2, timeoutMs: 10_000, maxBytes: 1_024, ca: undefined, ...options }, systemClock);
const get = (url: string) => ({ method: 'GET', url, headers: {} }) as const;

describe('the HTTP client', () => {
  test('keeps its connections, and has no more of them than it may', async () => {
    let most = 0;
    await using server = await startBackend((_request, response) => {
      most = Math.max(most, server.sockets.size);
      response.end('ok');
    });
    const http = client();
    const answers = await Promise.all(Array.from({ length: 20 }, () => http.send(get(server.url), signal)));
    expect(answers).toEqual(Array.from({ length: 20 }, () => ({ status: 200, type: '', body: 'ok' })));
    expect(most).toBe(2);
    expect(server.sockets.size).toBe(2);
    http.close();
  });

  test('asks again where the server closed an idle connection at that moment', async () => {
    let asked = 0;
    await using server = await startBackend((request, response) => {
      asked += 1;
      if (asked === 2) request.socket.resetAndDestroy();
      else response.end('ok');
    });
    const http = client({ connections: 1 });
    for (let index = 0; index < 2; index += 1)
      expect(await http.send(get(server.url), signal)).toMatchObject({ body: 'ok' });
    expect(asked).toBe(3);
    http.close();
  });

  test('says why there is no answer', async () => {
    const gone = await startBackend(() => undefined);
    await gone[Symbol.asyncDispose]();
    await using silent = await startBackend(() => undefined);
    await using large = await startBackend((_request, response) => response.end('x'.repeat(1_025)));
    await using broken = await startBackend((request) => request.socket.destroy());
    const hasty = client({ timeoutMs: 50 });
    expect(await hasty.send(get(silent.url), signal)).toBe('it did not answer within 50 ms');
    hasty.close();
    const patient = client();
    expect(await patient.send(get(gone.url), signal)).toContain('ECONNREFUSED');
    expect(await patient.send(get(large.url), signal)).toBe('its answer has more than 1024 bytes');
    expect(await patient.send(get(broken.url), signal)).toContain('hang up');
    patient.close();
  });

  test('goes to no other place than it was told', async () => {
    await using server = await startBackend((_request, response) => response.writeHead(302, { location: '/x' }).end());
    const http = client();
    expect(await http.send(get(server.url), signal)).toMatchObject({ status: 302 });
    http.close();
  });

  test('gives a place back when nobody waits any more', async () => {
    const asked = new Set<() => void>();
    await using server = await startBackend((_request, response) => void asked.add(() => response.end('ok')));
    const http = client({ connections: 1 });
    const controller = new AbortController();
    const first = http.send(get(server.url), controller.signal);
    const second = http.send(get(server.url), signal);
    await expect.poll(() => asked.size, { interval: 1 }).toBe(1);
    controller.abort();
    expect(await first).toBeTypeOf('string');
    await expect.poll(() => asked.size, { interval: 1 }).toBe(2);
    for (const answer of asked) answer();
    expect(await second).toMatchObject({ body: 'ok' });
    http.close();
  });
});

describe('https', () => {
  let pki: TestPki;
  beforeAll(async () => {
    pki = await testPki();
  });
  afterAll(() => pki[Symbol.asyncDispose]());

  test('a server whose certificate is of the named CA is asked, and no other', async () => {
    const { cert, key } = pki.server;
    await using server = await startBackend(
      (_request, response) => response.end('ok'),
      (answer) => createTlsServer({ cert, key }, answer),
    );
    const url = server.url.replace('http:', 'https:');
    const trusting = client({ ca: pki.root });
    expect(await trusting.send(get(url), signal)).toMatchObject({ body: 'ok' });
    trusting.close();
    for (const ca of [undefined, pki.otherRoot]) {
      const other = client({ ca });
      expect(await other.send(get(url), signal)).toMatch(/certificate/);
      other.close();
    }
  });
});

describe('a backend of EMQX', () => {
  const ask = async (answer: RequestListener, authenticate: object = {}) => {
    await using server = await startBackend(answer);
    const options = httpAccessSchema.parse({ authenticate: { url: `${server.url}/auth`, ...authenticate } })
      .authenticate!;
    const http = client();
    const service = httpService({
      template: requestTemplate(options, undefined, authenticationPlaceholders),
      http,
      clock: systemClock,
    });
    const question = service.questionOf(authenticationRequest({ clientId: 'c', username: 'ann', password: 'secret' }));
    const said = question.kind === 'question' ? await question.ask(signal) : question;
    http.close();
    return typeof said === 'string' ? said : said.kind;
  };
  test('gets user name, password and client id, and lets in with result: allow', async () => {
    let body = '';
    const answerAfter = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      body = await bodyOf(request);
      json(200, { result: 'allow' })(request, response);
    };
    const answer: RequestListener = (request, response) => void answerAfter(request, response);
    expect(await ask(answer)).toBe('accept');
    expect(JSON.parse(body)).toEqual({ username: 'ann', password: 'secret', clientid: 'c' });
  });

  test('is asked with get as well', async () => {
    let asked = '';
    const answer: RequestListener = (request, response) => {
      asked = `${request.method} ${request.url}`;
      response.writeHead(204).end();
    };
    expect(await ask(answer, { method: 'get' })).toBe('accept');
    expect(asked).toBe('GET /auth?username=ann&password=secret&clientid=c');
  });

  test('may answer as a form', async () => {
    const answer: RequestListener = (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded' }).end('result=allow');
    expect(await ask(answer)).toBe('accept');
  });

  test.each([
    ['200 with deny', json(200, { result: 'deny' }), 'reject'],
    ['200 with ignore', json(200, { result: 'ignore' }), 'abstain'],
    ['200 without a result', json(200, {}), 'abstain'],
    ['204', json(204, {}), 'accept'],
    ['403 with allow', json(403, { result: 'allow' }), 'abstain'],
    ['500 with allow', json(500, { result: 'allow' }), 'abstain'],
    ['201 with allow', json(201, { result: 'allow' }), 'abstain'],
    ['502', json(502, { result: 'allow' }), 'it answers with HTTP status 502'],
    [
      '200 with no JSON',
      (_request: IncomingMessage, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":"allow"'),
      'its answer is not JSON',
    ],
    [
      '200 with another type',
      (_request: IncomingMessage, response) => response.end('{"result":"allow"}'),
      'its answer is neither JSON nor a form, by its content-type',
    ],
  ] as readonly (readonly [string, RequestListener, string])[])('%s', async (_name, answer, outcome) => {
    expect(await ask(answer)).toBe(outcome);
  });
});
