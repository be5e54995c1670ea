import { createPrivateKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { decryptKey, encryptKey, passphraseProblem } from './encrypted-key.ts';
import { generateKey, type KeyType } from './keys.ts';
import { isEncryptedKey } from './pem.ts';

test.each(['ec-p256', 'ed25519', 'rsa-2048'] satisfies KeyType[])(
  'an encrypted %s key is the same again with its passphrase',
  async (type) => {
    const key = await generateKey(type);
    const encrypted = encryptKey(key, 'grüne Pumpe 7');
    expect(isEncryptedKey(encrypted)).toBe(true);
    expect(decryptKey(encrypted, 'grüne Pumpe 7')).toEqual({ key });
    expect(createPrivateKey({ key: encrypted, passphrase: 'grüne Pumpe 7' }).equals(createPrivateKey(key))).toBe(true);
  },
);

test('an encrypted key is never the same twice, and holds nothing of the plain one', async () => {
  const key = await generateKey();
  const [one, other] = [encryptKey(key, 'passphrase'), encryptKey(key, 'passphrase')];
  expect(one).not.toBe(other);
  expect(one).not.toContain(key.split('\n')[1]);
});

test('another passphrase, or a damaged file, is refused with a sentence and no key material', async () => {
  const encrypted = encryptKey(await generateKey(), 'passphrase');
  for (const [text, passphrase] of [
    [encrypted, 'passphrasE'],
    [encrypted.slice(0, 120), 'passphrase'],
    ['', 'passphrase'],
  ] as const)
    expect(decryptKey(text, passphrase)).toBe('cannot be decrypted: the passphrase is wrong, or the file is damaged');
});

test('a passphrase has at least 8 characters, counted as people do', () => {
  expect(passphraseProblem('1234567')).toBe('the passphrase has 7 characters; use at least 8');
  expect(passphraseProblem('🔑🔑🔑🔑')).toBe('the passphrase has 4 characters; use at least 8');
  expect(passphraseProblem('12345678')).toBeUndefined();
});
