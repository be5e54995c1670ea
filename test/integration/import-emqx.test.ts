import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startBroker } from '../support/broker.ts';
import { cli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const conf = `node { name = "emqx@127.0.0.1" }
listeners.tcp.default { bind = "0.0.0.0:1883", max_connections = infinity }
listeners.ssl.default { enable = false }
mqtt { max_packet_size = 2MB, max_qos_allowed = 1 }
authentication = [
  { mechanism = password_based, backend = built_in_database
    password_hash_algorithm { name = sha256, salt_position = suffix } }
]
authorization { no_match = deny, deny_action = disconnect, sources = [{ type = built_in_database }, { type = file }] }
`;

const user = (name: string, isSuper = false): string =>
  `${name},${createHash('sha256').update(`of ${name}salt`).digest('hex')},salt,${isSuper}`;

const rules = {
  data: [{ username: 'pump', rules: [{ topic: 'state/${username}', permission: 'allow', action: 'publish' }] }],
  meta: { page: 1 },
};

test('users of EMQX log in with their passwords, its rules hold, and what has no counterpart is named', async () => {
  await using directory = await temporaryDirectory();
  const files = {
    'emqx.conf': conf,
    'users.csv': `user_id,password_hash,salt,is_superuser\n${user('pump')}\n${user('boss', true)}\n`,
    'rules.json': JSON.stringify(rules),
    'acl.conf': '{allow, {user, "pump"}, subscribe, ["cmd/#"]}.\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory.path, name), text);
  const options = ['--acl', 'acl.conf', '--users', 'users.csv', '--rules', 'rules.json', '--out', 'new'];
  const imported = await cli(['import', 'emqx', 'emqx.conf', ...options], { cwd: directory.path });
  expect(imported).toMatchObject({ code: 0, stderr: '' });
  expect(imported.stdout).toContain('emqx.conf:1: LEFT OUT: node.name = emqx@127.0.0.1');
  expect(imported.stdout).toContain('emqx.conf:2: DIFFERS: listeners.tcp.default.max_connections = infinity');
  const sections = parse(await readFile(join(directory.path, 'new', 'viaduct.yaml'), 'utf8')) as {
    listeners: object[];
  };
  expect(sections).toMatchObject({ limits: { packetSize: '2MiB' }, access: { denied: { before5: 'disconnect' } } });
  const listeners = sections.listeners.map((one) => ({ ...one, bind: '127.0.0.1:0' }));
  await using broker = await startBroker({ ...sections, listeners });
  const connect = (username: string, password: string) =>
    mqtt.connectAsync(
      `mqtt://127.0.0.1:${broker.port('tcp-default')}`,
      { protocolVersion: 5, reconnectPeriod: 0, username, password },
      false,
    );
  await expect(connect('pump', 'wrong')).rejects.toThrow(/Bad User Name or Password/i);
  const [pump, boss] = [await connect('pump', 'of pump'), await connect('boss', 'of boss')];
  await pump.publishAsync('state/pump', 'on', { qos: 1 });
  await expect(pump.publishAsync('state/other', 'on', { qos: 1 })).rejects.toThrow('Not authorized');
  await pump.subscribeAsync('cmd/pump');
  await expect(pump.subscribeAsync('state/#')).rejects.toThrow(/not authorized/i);
  await boss.publishAsync('anything', 'x', { qos: 1 });
  await Promise.all([pump.endAsync(), boss.endAsync()]);
});

test('without a configuration its four listeners are opened, on the ports that they have there', async () => {
  await using directory = await temporaryDirectory();
  await cli(['import', 'emqx', '--out', 'new'], { cwd: directory.path });
  const { listeners } = parse(await readFile(join(directory.path, 'new', 'viaduct.yaml'), 'utf8')) as {
    listeners: { bind: string; tls: string; accept: string[] }[];
  };
  expect(listeners.map(({ bind, tls, accept }) => `${bind} ${tls} ${accept.join()}`)).toEqual([
    '0.0.0.0:1883 off mqtt',
    '0.0.0.0:8883 one-way mqtt',
    '0.0.0.0:8083 off websocket',
    '0.0.0.0:8084 one-way websocket',
  ]);
});
