import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type TestPki, testPki } from '../../../test/support/test-pki.ts';
import { AppError } from '../../kernel/errors.ts';
import { pemOf } from '../../pki/x509/pem-blocks.ts';
import { certificateSource } from './certificates.ts';
import { type TlsMaterial } from './material.ts';

let pki: TestPki;
let material: TlsMaterial;

beforeAll(async () => {
  pki = await testPki();
  material = { cert: pki.server.cert, key: pki.server.key, clientCa: pki.chain };
});
afterAll(() => pki[Symbol.asyncDispose]());

test('new material is announced once it is in place', async () => {
  const source = certificateSource(material);
  const next = { ...material, ...(await pki.renewServer()) };
  const seen = vi.fn<(current: TlsMaterial) => void>();
  const unsubscribe = source.onChange(() => seen(source.current()));
  source.replace(next);
  expect(seen).toHaveBeenCalledExactlyOnceWith(next);
  unsubscribe();
  source.replace(material);
  expect(seen).toHaveBeenCalledTimes(1);
});

function codeAndMessage(act: () => void): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return `${error.code}: ${error.message}`;
  }
  return 'no error of ours';
}

/** @returns code and message of a change that is refused, once it is seen that the old material stays. */
function refused(change: Partial<TlsMaterial>): string {
  const source = certificateSource(material);
  const onChange = vi.fn<() => void>();
  source.onChange(onChange);
  const outcome = codeAndMessage(() => source.replace({ ...material, ...change }));
  expect(onChange).not.toHaveBeenCalled();
  expect(source.current()).toBe(material);
  return outcome;
}

test('a key of another certificate is refused, and the old pair stays', async () => {
  const { key } = await pki.renewServer();
  expect(refused({ key })).toMatch(
    /^certificate-mismatch: .*"CN=localhost, O=Viaduct" and the server key do not belong/,
  );
});

test('damaged parts are refused by name, and the old ones stay', () => {
  const key = pemOf('PRIVATE KEY', Buffer.alloc(3));
  expect(refused({ cert: 'nothing' })).toMatch(/^certificate-invalid: .*server certificate.*no PEM certificate/);
  expect(refused({ cert: pki.server.cert.replace('MII', 'AAA') })).toMatch(/^certificate-invalid: .*damaged/);
  expect(refused({ key })).toMatch(/^certificate-invalid: .*key cannot be read/);
  expect(refused({ clientCa: '' })).toMatch(/^certificate-invalid: .*trust anchors/);
});

test('material that cannot be used is refused from the start', () => {
  expect(() => certificateSource({ ...material, key: '' })).toThrowError(/server key cannot be read/);
});

test('a change that one listener cannot take is undone at all of them, and nothing is settled', async () => {
  const source = certificateSource(material);
  const taken: TlsMaterial[] = [];
  const settled = vi.fn<() => void>();
  const next = { ...material, ...(await pki.renewServer()) };
  source.onChange(() => void taken.push(source.current()), settled);
  const unsubscribe = source.onChange(() => {
    if (source.current() === next) throw new Error('no cipher for it');
  });
  expect(() => source.replace(next)).toThrow('no cipher for it');
  expect(taken).toEqual([next, material]);
  expect(source.current()).toBe(material);
  expect(settled).not.toHaveBeenCalled();
  unsubscribe();
  source.replace(next);
  expect(taken).toEqual([next, material, next]);
  expect(settled).toHaveBeenCalledOnce();
});
