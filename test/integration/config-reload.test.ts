import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { startBroker, testListeners } from '../support/broker.ts';
import { connectOf, dialogue } from '../support/dialogue.ts';

const plain = { listeners: testListeners.slice(0, 1) };

test('limits of a connection count for the next one, while one that is open keeps what its client was told', async () => {
  await using broker = await startBroker({ ...plain, limits: { packetSize: '2MiB' } });
  const large = {
    cmd: 'publish',
    topic: 'a',
    payload: Buffer.alloc(1_500_000),
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
  } as const;
  await using before = await dialogue(broker.port('mqtt'));
  expect(await before.ask(connectOf('before'))).toMatchObject({ properties: { maximumPacketSize: 2_097_152 } });
  expect(await broker.change({ limits: { packetSize: '1MiB' } })).toMatch(/reloaded: .*; changed: limits\.packetSize"/);
  await using after = await dialogue(broker.port('mqtt'));
  expect(await after.ask(connectOf('after'))).toMatchObject({ properties: { maximumPacketSize: 1_048_576 } });
  expect(await before.ask(large)).toMatchObject({ cmd: 'puback' });
  expect(await after.ask(large)).toMatchObject({ cmd: 'disconnect', reasonCode: 0x95 });
});

test('what needs a restart stays as it is and is named each time, beside what is taken over', async () => {
  await using broker = await startBroker({ ...plain, node: 'a' });
  const change = { node: 'b', log: { level: 'info', format: 'json' } };
  expect(await broker.change(change)).toMatch(/; changed: log\.level; in effect after a restart: node"/);
  expect(broker.app.nodeId).toBe('a');
  expect(await broker.change(change)).toMatch(
    /reloaded: certificates are up to date; in effect after a restart: node"/,
  );
});

test.each([
  [
    'a value that is not allowed',
    { limits: { packetSize: 1 } },
    /not reloaded, .*viaduct\.yaml:\d+:\d+ {2}limits\.packetSize/,
  ],
  [
    'two settings that do not go together',
    { access: { anonymous: ['absent'] } },
    /not reloaded, .*no listener has the name/,
  ],
  [
    'a secret that is not there',
    { nats: { password: { env: 'ABSENT' }, user: 'u', servers: ['nats://a'] } },
    /not reloaded, .*ABSENT is not set/,
  ],
])('%s changes nothing, also of what else is in the file', async (_what, change, message) => {
  await using broker = await startBroker(plain);
  expect(await broker.change({ ...change, log: { level: 'error', format: 'json' } })).toMatch(message);
  broker.telemetry.logger.log('info', 'still written');
  expect(broker.log.text()).toContain('still written');
  expect(broker.telemetry.count('configuration_reload_failures_total')).toBe(1);
});

test('a changed file is taken over by itself: written in place, renamed over, or behind the links of Kubernetes', async () => {
  await using broker = await startBroker(plain);
  const text = await readFile(broker.configFile, 'utf8');
  await broker.reload.start(AbortSignal.timeout(10_000));
  const inEffect = (setting: string): Promise<string> => broker.log.waitFor(new RegExp(`; changed: ${setting}"`));

  await writeFile(broker.configFile, `${text}limits: { inFlight: 5 }\n`);
  await inEffect('limits.inFlight');

  await writeFile(`${broker.configFile}~`, `${text}limits: { inFlight: 5, topicAliases: 5 }\n`);
  await rename(`${broker.configFile}~`, broker.configFile);
  await inEffect('limits.topicAliases');

  const folder = dirname(broker.configFile);
  const version = async (name: string, limits: string): Promise<void> => {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'viaduct.yaml'), `${text}limits: ${limits}\n`);
    await symlink(name, join(folder, '..tmp'));
    await rename(join(folder, '..tmp'), join(folder, '..data'));
  };
  await version('..1', '{ inFlight: 5, topicAliases: 5, receiveMaximum: 5 }');
  await symlink(join('..data', 'viaduct.yaml'), `${broker.configFile}~`);
  await rename(`${broker.configFile}~`, broker.configFile);
  await inEffect('limits.receiveMaximum');
  await version('..2', '{ inFlight: 5, topicAliases: 5, receiveMaximum: 5, topicLevels: 5 }');
  await inEffect('limits.topicLevels');
});

test('a file that is empty, as while it is written, is no configuration to change to', async () => {
  await using broker = await startBroker(plain);
  await writeFile(broker.configFile, '\n');
  await broker.reload.request();
  expect(broker.log.count(/not reloaded, everything stays as it was: .*viaduct\.yaml is empty; write a setting/)).toBe(
    1,
  );
  expect(broker.app.listener('mqtt')).toBeDefined();
});

test('with reload.watch off a changed file waits for SIGHUP, and other words for the same are no change', async () => {
  await using broker = await startBroker(plain);
  const text = await readFile(broker.configFile, 'utf8');
  await broker.reload.start(AbortSignal.timeout(10_000));
  await writeFile(broker.configFile, `# a comment\n${text}`);
  await writeFile(broker.configFile, `# another\n${text}reload: { watch: false }\n`);
  await broker.log.waitFor(/; changed: reload\.watch"/);
  await writeFile(broker.configFile, `${text}reload: { watch: false }\nlimits: { inFlight: 5 }\n`);
  await broker.reload.request();
  expect(broker.log.count(/reloaded/)).toBe(2);
  expect(broker.log.count(/; changed: limits\.inFlight"/)).toBe(1);
});

const rule = (name: string, more: object = {}) => ({ name, topic: `${name}/#`, subject: `${name}.>`, ...more });
const bridgeOf = (...rules: object[]) => ({ bridge: { rules } });

test('bridge rules come, change and go; a rule that needs another connection to NATS waits for a restart', async () => {
  await using broker = await startBroker({ ...plain, ...bridgeOf(rule('a')) });
  const nats = await connect({ servers: broker.natsUrl });
  await using client = await dialogue(broker.port('mqtt'), 4);
  await client.ask(connectOf('c', { protocolVersion: 4 }));
  const heard = nats.subscribe('>')[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await heard.next()).value?.subject);
  const publish = (topic: string): void =>
    client.send({ cmd: 'publish', topic, payload: 'x', qos: 0, dup: false, retain: false });
  await nats.flush();

  expect(await broker.change(bridgeOf(rule('b'), rule('c', { subject: 'd.>' })))).toMatch(
    /; changed: bridge\.rules\[b\] \(new\), bridge\.rules\[c\] \(new\), bridge\.rules\[a\] \(gone\)"/,
  );
  for (const topic of ['a/1', 'b/1', 'c/1']) publish(topic);
  expect([await next(), await next()]).toEqual(['b.1', 'd.1']);

  const loop = bridgeOf(rule('b'), rule('e', { topic: 'f/#', subject: 'b.>' }));
  expect(await broker.change(loop)).toMatch(/; in effect after a restart: .*takes subjects that another rule sends to/);
  publish('c/2');
  expect(await next()).toBe('d.2');
  expect(await broker.change(bridgeOf(rule('c')))).toMatch(/reloaded: /);
  publish('c/3');
  expect(await next()).toBe('c.3');
  await nats.close();
});
