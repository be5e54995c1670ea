import { once } from 'node:events';
import { type ConnectionOptions, connect } from 'node:tls';
import { expect, test } from 'vitest';
import { filePki } from '../support/file-pki.ts';
import { hasHybridGroup, hybridGroup } from '../support/hybrid-group.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const { certificates, pki } = await filePki();

const start = (preset = 'intermediate'): Promise<TestListener> =>
  startListener({ tls: 'one-way', accept: ['mqtt'], policy: { preset } }, { certificates });

/** @returns the group that a client agrees on with the listener; of the hybrid one Node 22 tells no name. */
async function agreed({ port }: TestListener, options: ConnectionOptions): Promise<unknown> {
  const socket = connect({ host: 'localhost', port, ca: pki.root, ...options });
  await once(socket, 'secureConnect');
  const info = socket.getEphemeralKeyInfo();
  socket.destroy();
  return info !== null && 'name' in info ? info.name : hybridGroup;
}

test('a client that offers X25519MLKEM768 as OpenSSL 3.5 does gets it, before the groups of today; one of an older OpenSSL gets X25519', async () => {
  await using server = await start();
  expect(await agreed(server, {})).toBe(hasHybridGroup ? hybridGroup : 'X25519');
});

test.each([
  ['X25519', 'X25519'],
  ['P-256', 'prime256v1'],
  ['P-384:P-256', 'secp384r1'],
])('a client that offers %s alone is served', async (ecdhCurve, group) => {
  await using server = await start();
  expect(await agreed(server, { ecdhCurve })).toBe(group);
});

test('TLS 1.2 has no hybrid groups and takes X25519', async () => {
  await using server = await start();
  expect(await agreed(server, { maxVersion: 'TLSv1.2' })).toBe('X25519');
});

test('a client with P-521 alone comes in with preset compatible, and with no other', async () => {
  await using compatible = await start('compatible');
  expect(await agreed(compatible, { ecdhCurve: 'P-521' })).toBe('secp521r1');
  await using intermediate = await start();
  await expect(agreed(intermediate, { ecdhCurve: 'P-521' })).rejects.toThrow(/handshake failure/);
});
