import { describe, expect, test } from 'vitest';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import { webOf } from '../../../test/support/web.ts';
import { everyone } from './access.ts';
import { json } from './answer.ts';
import { type Route, route } from './route.ts';

const echo = (method: Route['method'], path: string): Route =>
  route(method, path, { access: everyone, handle: (request) => json([method, request.parameters]) });

test('the first route that fits answers, with the parameters of its path', async () => {
  const web = webOf([echo('GET', '/clients/all'), echo('GET', '/clients/:id'), echo('DELETE', '/clients/:id')]);
  const asked = async (method: string, path: string) => await (await web.request(path, { method })).json();
  expect(await asked('GET', '/clients/all')).toEqual(['GET', {}]);
  expect(await asked('GET', '/clients/a%20b?limit=1')).toEqual(['GET', { id: 'a b' }]);
  expect(await asked('DELETE', '/clients/all')).toEqual(['DELETE', { id: 'all' }]);
});

describe('a method that no route at the address has', () => {
  const web = webOf([echo('GET', '/clients/:id'), echo('DELETE', '/clients/:id'), echo('POST', '/clients')]);
  test.each([
    ['PUT', '/clients/a', 'GET, HEAD, DELETE', 'Only GET and HEAD and DELETE are answered here.'],
    ['OPTIONS', '/clients/a', 'GET, HEAD, DELETE', 'Only GET and HEAD and DELETE are answered here.'],
    ['GET', '/clients', 'POST', 'Only POST is answered here.'],
    ['POST', '/nowhere', 'GET, HEAD', 'Only GET and HEAD are answered here.'],
  ])('%s %s: 405 says which it has (RFC 9110 15.5.6)', async (method, path, allow, error) => {
    const response = await web.request(path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect(await response.json()).toEqual({ error });
  });
});

test('HEAD is answered as GET, without the body (RFC 9110 9.3.2)', async () => {
  const web = webOf([echo('GET', '/a')]);
  const [get, head] = [await web.request('/a'), await web.request('/a', { method: 'HEAD' })];
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect([...head.headers]).toEqual([...get.headers]);
});

describe('a body', () => {
  const taking = (more: object = {}): Route =>
    route('POST', '/a', {
      access: everyone,
      body: { maxBytes: 3, ...more },
      handle: ({ body }) => json(body.toString()),
    });
  const send = async (taker: Route, body: string) => {
    const response = await webOf([taker]).request('/a', { method: 'POST', body });
    return [response.status, await response.json()];
  };

  test('of as many bytes as the route takes is handed over', async () =>
    expect(await send(taking(), 'abc')).toEqual([200, 'abc']));

  test('of more is answered 413, or what the route says to it', async () => {
    expect(await send(taking(), 'abcd')).toEqual([413, { error: 'The body is larger than 3 bytes; send less.' }]);
    expect(await send(taking({ tooLarge: () => json('no', 400) }), 'abcd')).toEqual([400, 'no']);
  });

  test('is not read of one who may not ask', async () => {
    const denied: Route = {
      ...taking(),
      access: () => ({ status: 401, error: 'Who are you?', headers: { 'WWW-Authenticate': 'Bearer' } }),
    };
    const response = await webOf([denied]).request('/a', { method: 'POST', body: 'abcd' });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await response.json()).toEqual({ error: 'Who are you?' });
  });
});

test.each(['*', '', 'healthz', '/a\\b', 'https://broker.example'])('"%s" is no address: 400', async (target) => {
  const response = await webOf([echo('GET', '/:all')]).request(target);
  expect([response.status, await response.json()]).toEqual([400, { error: 'The request is malformed.' }]);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('an address may stand with scheme and host before it, as proxies are asked (RFC 9112 3.2.2)', async () => {
  const response = await webOf([echo('GET', '/a')]).request('http://broker.example:80/a?b#c');
  expect(response.status).toBe(200);
});

test('a failure is told in the log, unless nobody waits for the answer any more', async () => {
  const telemetry = recordedTelemetry();
  const broken = route('GET', '/a', { access: everyone, handle: () => Promise.reject(new Error('broken')) });
  const web = webOf([broken], telemetry.events);
  expect((await web.request('/a')).status).toBe(500);
  expect((await web.request('/a', { signal: AbortSignal.abort() })).status).toBe(500);
  expect(telemetry.count('console_request_failed_total')).toBe(1);
});
