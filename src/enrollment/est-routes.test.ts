import { expect, test } from 'vitest';
import { webOf } from '../../test/support/web.ts';
import { everyone } from '../http/router/access.ts';
import { json } from '../http/router/answer.ts';
import { route } from '../http/router/route.ts';
import { maxEstBodyBytes } from './est.ts';
import type { EstRequest } from './est-request.ts';
import { estRoutes } from './est-routes.ts';

/** @returns the routes, and what they handed over. */
function est() {
  const asked: EstRequest[] = [];
  const routes = estRoutes((request) => {
    asked.push(request);
    return Promise.resolve({ status: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: 'no\n' });
  });
  return { asked, routes, web: webOf(routes) };
}

test('a request is handed over as it came, and the answer as it is', async () => {
  const { web, asked } = est();
  const response = await web.request('/.well-known/est/simpleenroll?lifetime=30d', {
    method: 'POST',
    headers: { 'content-type': 'application/pkcs10', authorization: 'Bearer x' },
    body: 'MII=',
  });
  expect([response.status, await response.text()]).toEqual([401, 'no\n']);
  expect(response.headers.get('www-authenticate')).toBe('Basic');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(asked).toEqual([
    {
      method: 'POST',
      operation: 'simpleenroll',
      contentType: 'application/pkcs10',
      authorization: 'Bearer x',
      lifetime: '30d',
      body: Buffer.from('MII='),
      address: '192.0.2.1',
      isSecure: false,
      certificate: undefined,
    },
  ]);
});

test('a body over the limit is not handed over', async () => {
  const { web, asked } = est();
  for (const length of [maxEstBodyBytes, maxEstBodyBytes + 1])
    await web.request('/.well-known/est/simpleenroll', { method: 'POST', body: '1'.repeat(length) });
  expect(asked.map(({ body }) => body?.length)).toEqual([maxEstBodyBytes, undefined]);
});

test('other methods than GET and HEAD are for enrollment only, and for nobody where it is off', async () => {
  const { routes, asked } = est();
  const health = route('GET', '/healthz', { access: everyone, handle: () => json({}) });
  const on = webOf([...routes, health]);
  expect((await on.request('/.well-known/est/label/simpleenroll', { method: 'POST' })).status).toBe(401);
  expect(asked[0]?.operation).toBe('label/simpleenroll');
  expect((await on.request('/healthz', { method: 'POST' })).status).toBe(405);
  const off = webOf([health]);
  expect((await off.request('/.well-known/est/simpleenroll', { method: 'POST' })).status).toBe(405);
  expect((await off.request('/.well-known/est/cacerts')).status).toBe(404);
});
