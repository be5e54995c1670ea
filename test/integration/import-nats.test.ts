import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startBroker } from '../support/broker.ts';
import { cli } from '../support/cli.ts';
import { freePorts } from '../support/free-ports.ts';
import { remember } from '../support/mqtt-client.ts';
import { runProgram, runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** `bcrypt` of "of bob", with the least cost. */
const bcrypt = async (): Promise<string> => {
  const { hash } = await import('@node-rs/bcrypt');
  return (await hash('of bob', 4)).replace(/^\$2\w/, '$2a');
};
const passwordOf = (user: string): string => `of ${user}`;
const topics = ['home/x', 'home/x/y', 'home', 'secret/x', 'a/b', 'other'];

const conf = (ports: readonly number[], store: string): string => `
server_name: one            # MQTT needs it
listen: 127.0.0.1:${ports[0]}
jetstream { store_dir: "${store}" }
mqtt {
  listen: 127.0.0.1:${ports[1]}
  ack_wait: "1m"
}
include './users.conf'
`;
const users = (hash: string): string => `BOB = "${hash}"
authorization {
  timeout = 3 // seconds
  default_permissions { publish: "other", subscribe: ["other", "$MQTT.sub.>"] }
  users = [
    { user: admin, password: "of admin", permissions: { publish: ">", subscribe: ">" } }
    { user: ann, password: "of ann", permissions: {
        publish { allow: ["home.>", "a.*"], deny: "home.x.y" }
        subscribe { deny: "secret.>" } } },
    { user: bob, password: $BOB }
    { nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 }
  ]
}
`;

const connect = (port: number, user: string): Promise<MqttClient> =>
  mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    reconnectPeriod: 0,
    clientId: `id-of-${user}-${Math.random().toString(36).slice(2)}`,
    username: user,
    password: passwordOf(user),
  });

/** Whether what one publishes gets to another who subscribes, as the next message of the admin tells. */
async function passes(port: number, from: string, to: string, topic: string): Promise<boolean> {
  const [sender, admin] = [await connect(port, from), await connect(port, 'admin')];
  const reader = remember(await connect(port, to));
  await reader.mqtt.subscribeAsync('other', { qos: 0 });
  await reader.mqtt.subscribeAsync(topic, { qos: 0 }).catch(() => undefined);
  await sender.publishAsync(topic, 'x', { qos: 0 });
  await sender.subscribeAsync('marker/of/sender').catch(() => undefined); // it has been through the message before
  await admin.publishAsync('other', 'end', { qos: 0 });
  for (let count = 1; !reader.messages.some(({ payload }) => payload.toString() === 'end'); count += 1)
    await reader.take(count);
  for (const one of [sender, admin, reader.mqtt]) one.end(true);
  return reader.messages.some((message) => message.topic === topic && message.payload.toString() === 'x');
}

test('who may publish and read what is the same as in nats-server, and the rest is named by file and line', async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string): string => join(directory.path, name);
  const ports = await freePorts(2);
  await writeFile(at('nats.conf'), conf(ports, at('js')));
  await writeFile(at('users.conf'), users(await bcrypt()));
  expect(await runToEnd('nats-server', ['-t', '-c', at('nats.conf')])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('is valid') as string,
  });
  await using program = runProgram('nats-server', ['-c', at('nats.conf')]);
  await program.stderr.waitFor(/Server is ready/);

  const imported = await cli(['import', 'nats', 'nats.conf', '--out', 'new'], { cwd: directory.path });
  expect(imported).toMatchObject({ code: 0, stderr: '' });
  expect(await readFile(at('new/passwd'), 'utf8')).toMatch(
    /^admin:\$argon2id\$.*\nann:\$argon2id\$.*\nbob:\$2a\$04\$.*\n$/,
  );
  const sections = parse(await readFile(at('new/viaduct.yaml'), 'utf8')) as Record<string, unknown>;
  const free = (sections['listeners'] as object[]).map((one) => ({ ...one, bind: '127.0.0.1:0' }));
  await using broker = await startBroker({ ...sections, listeners: free });
  const verdicts = async (port: number): Promise<string[]> => {
    const found: string[] = [];
    for (const topic of topics) {
      for (const user of ['ann', 'bob']) {
        found.push(`${user} publishes ${topic}: ${await passes(port, user, 'admin', topic)}`);
        found.push(`${user} reads ${topic}: ${await passes(port, 'admin', user, topic)}`);
      }
    }
    return found;
  };
  const theirs = await verdicts(ports[1] ?? 0);
  expect(await verdicts(broker.port(`mqtt-${ports[1]}`))).toEqual(theirs);
  expect(theirs.filter((line) => line.endsWith('true')).length).toBeGreaterThan(5);

  expect(imported.stdout).toMatch(/nats\.conf:2: LEFT OUT: server_name: one\n {4}it is no part of MQTT/);
  expect(imported.stdout).toMatch(/nats\.conf:7: LEFT OUT: ack_wait: 1m/);
  expect(imported.stdout).toMatch(/users\.conf:6: DIFFERS: user: admin\n {4}its password stood there as it is/);
  expect(imported.stdout).toMatch(/users\.conf:11: LEFT OUT: nkey: /);
  expect(imported.stdout).not.toContain('of admin');
});

test('TLS, accounts and a user alone are taken, and a file without MQTT is refused', async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string): string => join(directory.path, name);
  const tls = `mqtt { port: 8883, tls { cert_file: "a.pem", key_file: "a.key", ca_file: "ca.pem", verify: true, timeout: 2 } }
accounts { A { users: [ { user: ann, password: x } ] }, SYS { users: [] } }
`;
  await writeFile(at('tls.conf'), tls);
  await writeFile(at('plain.conf'), 'port: 4222\n');
  const { stdout } = await cli(['import', 'nats', 'tls.conf', '--out', 'tls', '--json'], { cwd: directory.path });
  expect(parse(await readFile(at('tls/viaduct.yaml'), 'utf8'))).toMatchObject({
    listeners: [
      {
        name: 'mqtts-8883',
        bind: '0.0.0.0:8883',
        tls: 'two-way',
        certificate: at('a.pem'),
        key: at('a.key'),
        clientCa: at('ca.pem'),
        authentication: ['certificate+password'],
      },
    ],
    access: { anonymous: 'never', rules: [{ allow: 'publish', user: 'ann' }, { allow: 'subscribe', user: 'ann' }, {}] },
  });
  expect(stdout).toContain('accounts keep subjects apart');
  expect(await cli(['import', 'nats', 'plain.conf', '--out', 'plain'], { cwd: directory.path })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('has no block mqtt { }') as string,
  });
});
