import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { requireConfig } from './load.ts';
import { checkSecrets, resolveSecrets } from './secrets.ts';

const configWith = async (...flags: string[]) =>
  (await requireConfig({ file: undefined, env: { PW: 'pw' }, flags: ['nats.servers=nats://a:4222', ...flags] })).config;

test('a secret is read from its variable or file, without the line end of the file', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'token');
  await writeFile(file, 'from file \r\n');
  const byFile = await resolveSecrets(await configWith(`nats.token.file=${file}`), {});
  expect(byFile.secrets.secret({ file })).toBe('from file ');
  const byVariable = await resolveSecrets(await configWith('nats.user=me', 'nats.password.env=PW'), { PW: 'pw' });
  expect(byVariable.secrets.secret({ env: 'PW' })).toBe('pw');
});

test('a credentials file is read like a secret', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'a.creds');
  await writeFile(file, 'creds\n');
  const { secrets } = await resolveSecrets(await configWith(`nats.creds=${file}`), {});
  expect(secrets.file(file)).toBe('creds');
});

test('the secret of session tickets is read for each listener that has one', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'broker.yaml');
  await writeFile(
    file,
    `listeners:
  - { name: mqtts, bind: '127.0.0.1:8883', tls: one-way, accept: [mqtt], tickets: { secret: { env: TICKETS } } }
`,
  );
  const { config } = await requireConfig({ file, env: { TICKETS: 'of all nodes' }, flags: [] });
  const { secrets } = await resolveSecrets(config, { TICKETS: 'of all nodes' });
  expect(secrets.secret({ env: 'TICKETS' })).toBe('of all nodes');
  expect(await checkSecrets(config, {})).toMatchObject([{ path: ['listeners', 0, 'tickets', 'secret'] }]);
});

test('secrets and keys for TURN credentials that can be guessed are refused, by their places', async () => {
  const config = configWith(
    'signaling.turn.uris=turn:turn.example.com',
    'signaling.turn.secrets=[{ secret: { env: PW } }]',
    'signaling.turn.keys=[{ env: PW }]',
  );
  const said = 'has 2 characters; use 16 or more, as openssl rand -hex 32 makes them';
  await expect(config).rejects.toThrow(`signaling.turn.secrets[0].secret: ${said}`);
  await expect(config).rejects.toThrow(`signaling.turn.keys[0]: ${said}`);
});

test('a secret that has gone since the check is an error that says what is missing', async () => {
  const config = await configWith('nats.user=me', 'nats.password.env=PW');
  expect(await checkSecrets(config, {})).toEqual([
    {
      path: ['nats', 'password'],
      message: 'the environment variable PW is not set; set it, or use { file: PATH }',
    },
  ]);
  await expect(resolveSecrets(config, {})).rejects.toMatchObject({
    code: 'config-invalid',
    message: 'nats.password: the environment variable PW is not set; set it, or use { file: PATH }',
  });
});

test('nothing is read that the configuration does not refer to', async () => {
  const { secrets } = await resolveSecrets(await configWith(), { HOME: 'x' });
  expect(() => secrets.secret({ env: 'HOME' })).toThrow('env HOME is not referred to in the configuration');
});
