import { expect, test } from 'vitest';
import { hubSchema } from './schema.ts';

test('by default the hub is for this machine only', () => {
  expect(hubSchema.parse(undefined).bind).toEqual({ host: '127.0.0.1', port: 4_222 });
});

test('a bind that other machines reach must be asked for by name, since the hub knows no passwords', () => {
  const result = hubSchema.safeParse({ bind: '0.0.0.0:4222' });
  expect(result.error?.issues).toMatchObject([{ path: ['bind'], message: expect.stringContaining('allowRemote') }]);
  expect(hubSchema.parse({ bind: '0.0.0.0:4222', allowRemote: true }).bind.host).toBe('0.0.0.0');
  expect(hubSchema.parse({ bind: '[::1]:0' }).bind).toEqual({ host: '::1', port: 0 });
});

test('a payload of nothing or of more than 64MiB is refused', () => {
  expect(hubSchema.safeParse({ maxPayload: '0B' }).success).toBe(false);
  expect(hubSchema.safeParse({ maxPayload: '65MiB' }).success).toBe(false);
});
