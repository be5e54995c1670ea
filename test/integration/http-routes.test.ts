import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { everyone } from '../../src/http/router/access.ts';
import { json } from '../../src/http/router/answer.ts';
import { createHttpHandler } from '../../src/http/router/http-handler.ts';
import { type Route, route } from '../../src/http/router/route.ts';
import { rawClient } from '../support/raw-client.ts';
import { recordedTelemetry } from '../support/recorded-telemetry.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const telemetry = recordedTelemetry();
let listener: TestListener;
let onWaiting: (signal: AbortSignal) => void;

const routes: readonly Route[] = [
  route('POST', '/echo', { access: everyone, body: { maxBytes: 5 }, handle: ({ body }) => json(body.toString()) }),
  route('GET', '/wait', {
    access: everyone,
    async handle({ signal }) {
      onWaiting(signal);
      await once(signal, 'abort');
      return json('nobody reads this');
    },
  }),
  route('GET', '/forged', { access: everyone, handle: () => ({ status: 200, headers: { 'X-A': 'a\r\nX-B: b' } }) }),
];

beforeAll(async () => {
  listener = await startListener({ tls: 'off', accept: ['http'] }, { http: createHttpHandler(routes, telemetry) });
});
afterAll(() => listener[Symbol.asyncDispose]());

const head = (method: string, path: string, more = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
const post = (body: string): string => `${head('POST', '/echo', `Content-Length: ${body.length}\r\n`)}${body}`;

/** Sends all at once on one connection. @returns what came until it was closed */
async function ask(...requests: string[]): Promise<string> {
  await using client = await rawClient(listener.port);
  client.write(Buffer.from(requests.join('')));
  await client.closed;
  return client.received().toString();
}

test('requests that come together are answered in order, also behind bodies that nobody reads', async () => {
  const answers = await ask(
    post('12345'),
    post('too long'),
    head('HEAD', '/nowhere'),
    head('GET', '/nowhere', 'Connection: close\r\n'),
  );
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual([200, 413, 404, 404].map((status) => `HTTP/1.1 ${status}`));
  expect(answers).toContain('"12345"');
  expect(answers).toContain('{"error":"The body is larger than 5 bytes; send less."}');
  expect(answers.match(/Content-Length: 45/g)).toHaveLength(2); // to HEAD as to GET
  expect(answers.split('There is nothing')).toHaveLength(2); // not to HEAD
});

test('a handler hears that the client is gone', async () => {
  const waiting = new Promise<AbortSignal>((resolve) => {
    onWaiting = resolve;
  });
  await using client = await rawClient(listener.port);
  client.write(Buffer.from(head('GET', '/wait')));
  const signal = await waiting;
  expect(signal.aborted).toBe(false);
  const aborted = once(signal, 'abort');
  client.socket.destroy();
  await aborted;
  expect(signal.reason).toMatchObject({ code: 'client-failed' });
});

test('a client that goes away in the middle of its body is no failure of the broker', async () => {
  await using client = await rawClient(listener.port);
  client.write(Buffer.from(post('12345').slice(0, -2)));
  client.socket.destroySoon(); // once the bytes are on their way
  await client.closed;
  expect(await ask(head('GET', '/nowhere', 'Connection: close\r\n'))).toContain('404');
  expect(telemetry.count('console_request_failed_total')).toBe(0);
});

test('an answer that cannot be sent closes the connection, and the log says why', async () => {
  expect(await ask(head('GET', '/forged'))).toBe('');
  await telemetry.seen('console_request_failed_total');
  expect(telemetry.lines('error').at(-1)).toContain('/forged');
});
