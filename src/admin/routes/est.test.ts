import { expect, test } from 'vitest';
import { brokerReads } from '../../../test/support/broker-reads.ts';
import type { EstRequest } from '../../broker/est-port.ts';
import { silentTelemetry } from '../../kernel/telemetry-ports.ts';
import { createAdminApp } from '../server.ts';
import { estRoute } from './est.ts';

/** @returns the route, and what it handed over. */
function route(maxBodyBytes = 10) {
  const asked: EstRequest[] = [];
  const est = {
    maxBodyBytes,
    handle: (request: EstRequest) => {
      asked.push(request);
      return Promise.resolve({ status: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: 'no\n' } as const);
    },
  };
  return { est, asked, app: estRoute(est, () => undefined) };
}

test('a request is handed over as it came, and the answer as it is', async () => {
  const { app, asked } = route();
  const response = await app.request('/.well-known/est/simpleenroll?lifetime=30d', {
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
      address: 'an unknown peer',
      isSecure: false,
      certificate: undefined,
    },
  ]);
});

test('a body over the limit is not handed over', async () => {
  const { app, asked } = route(3);
  for (const body of ['123', '1234']) await app.request('/.well-known/est/simpleenroll', { method: 'POST', body });
  expect(asked.map(({ body }) => body?.length)).toEqual([3, undefined]);
});

test('other methods than GET and HEAD are for enrollment only, and for nobody where it is off', async () => {
  const { est, asked } = route();
  const deps = {
    info: () => {
      throw new Error('not asked');
    },
    metrics: () => Promise.resolve(''),
    webDirectory: '/nowhere',
    broker: brokerReads(),
    telemetry: silentTelemetry,
  };
  const status = async (app: ReturnType<typeof createAdminApp>, path: string): Promise<number> =>
    (await app.request(path, { method: 'POST' })).status;
  const on = createAdminApp({ enabled: true }, { ...deps, est });
  expect(await status(on, '/.well-known/est/label/simpleenroll')).toBe(401);
  expect(asked[0]?.operation).toBe('label/simpleenroll');
  expect(await status(on, '/healthz')).toBe(405);
  const off = createAdminApp({ enabled: true }, deps);
  expect(await status(off, '/.well-known/est/simpleenroll')).toBe(405);
  expect((await off.request('/.well-known/est/cacerts')).status).toBe(404);
});
