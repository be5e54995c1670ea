import { expect, test } from 'vitest';
import { readPreSharedKey, wrongKeyFor } from './tls-psk.ts';

const secret = '00112233445566778899aabbccddeeff';
const read = (text: string) => readPreSharedKey({ env: 'DEVICE_KEYS' }, { env: { DEVICE_KEYS: text }, cwd: '/' });

test('the first identity of an environment variable is tried, and the command names the variable and not the key', async () => {
  expect(await read(`# devices\n\nplant:pump-7:${secret}\nother:${'ff'.repeat(16)}`)).toEqual({
    identity: 'plant:pump-7',
    key: Buffer.from(secret, 'hex'),
    shellKey: `"$(printenv DEVICE_KEYS | sed -n '3s/.*://p' | tr -d '[:space:]')"`,
  });
});

test.each(['# none', 'pump-7', ':00ff', 'pump-7:', 'pump-7:secret', 'pump-7:0'])(
  'in %j there is nothing to try, and what stands there is not repeated',
  async (text) => {
    expect(await read(text)).toEqual({
      missing: 'the environment variable DEVICE_KEYS has no line identity:key, the key in hex',
    });
  },
);

test('a variable that is not set is named', async () => {
  const found = await readPreSharedKey({ env: 'DEVICE_KEYS' }, { env: {}, cwd: '/' });
  expect(found).toEqual({ missing: expect.stringContaining('DEVICE_KEYS is not set') });
});

test('a wrong key is made up anew each time, for the same identity', () => {
  const right = { identity: 'pump-7', key: Buffer.from(secret, 'hex'), shellKey: secret };
  const [one, other] = [wrongKeyFor(right), wrongKeyFor(right)];
  expect(one).toEqual({ identity: 'pump-7', key: expect.any(Buffer), shellKey: one.key.toString('hex') });
  expect(one.key.equals(other.key)).toBe(false);
});
