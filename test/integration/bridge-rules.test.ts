import { connect, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { bridgeRuleSchema } from '../../src/bridge/schema.ts';
import type { Message } from '../../src/plane/message.ts';
import { settle, startNode, type TestNode } from '../support/bridge-node.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { patient } from '../support/patience.ts';

const text = ({ payload }: Message): string => Buffer.from(payload).toString();
const rule = (name: string, more: object = {}) =>
  bridgeRuleSchema.parse({ name, topic: `${name}/#`, subject: `${name}.>`, ...more });

async function change(node: TestNode, rules: readonly object[]): Promise<void> {
  const prepared = await node.bridge.prepareRules(
    rules.map((each) => bridgeRuleSchema.parse(each)),
    patient(),
  );
  await prepared.commit(patient());
}

/** A NATS client that sends numbers, and hears what the node sends. */
async function natsClient(url: string) {
  const connection: NatsConnection = await connect({ servers: url, noEcho: true });
  const heard: string[] = [];
  connection.subscribe('>', { callback: (_, message) => void heard.push(message.string()) });
  await connection.flush();
  return { connection, heard, [Symbol.asyncDispose]: () => connection.close() };
}

/** Sends from both sides before, during and after each of many changes. @returns what was sent on each side */
async function sendWhileChanging(
  node: TestNode,
  client: NatsConnection,
  changes: readonly (readonly object[])[],
): Promise<string[]> {
  const sent: string[] = [];
  const send = (count: number): void => {
    for (let n = 0; n < count; n++) {
      const number = `${sent.length}`;
      sent.push(number);
      client.publish('stays.from.nats', number);
      node.plane.send('stays/from/mqtt', number);
    }
  };
  for (const rules of changes) {
    send(7);
    const prepared = node.bridge.prepareRules(
      rules.map((each) => bridgeRuleSchema.parse(each)),
      patient(),
    );
    send(7);
    const ready = await prepared;
    send(7);
    const committed = ready.commit(patient());
    send(7);
    await committed;
  }
  await client.flush();
  await settle(node);
  await client.flush();
  return sent;
}

const fromNats = (node: TestNode): string[] =>
  node.plane.published.filter(({ topic }) => topic === 'stays/from/nats').map(text);

describe('rules that are changed while messages flow both ways', () => {
  test('one that stays takes each message once and keeps its counters, while others come and go', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1', { rules: [rule('stays'), rule('first')] });
    await using client = await natsClient(server.url);
    const changes = Array.from({ length: 20 }, (_, index) => [rule(`new-${index}`), rule('stays')]);
    const sent = await sendWhileChanging(node, client.connection, changes);
    expect(fromNats(node)).toEqual(sent);
    expect(client.heard).toEqual(sent);
    expect(node.bridge.state().rules).toMatchObject([
      { name: 'new-19', toNats: { passed: 0 } },
      { name: 'stays', toNats: { passed: sent.length }, fromNats: { passed: sent.length } },
    ]);
    expect(node.plane.taps).toBe(2);
    expect(node.link.telemetry.lines('info').at(-1)).toBe('bridge rules: added new-19; removed new-18');
  });

  test('one whose options change takes each message once too, by the old or the new ones', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1', { rules: [rule('stays')] });
    await using client = await natsClient(server.url);
    const changes = Array.from({ length: 20 }, (_, index) => [rule('stays', { qos: index % 2 })]);
    const sent = await sendWhileChanging(node, client.connection, changes);
    expect(fromNats(node)).toEqual(sent);
    expect(client.heard).toEqual(sent);
    expect(new Set(node.plane.published.map(({ qos }) => qos))).toEqual(new Set([0, 1]));
    expect(node.bridge.state().rules[0]?.fromNats.passed).toBe(sent.length);
  });
});

describe('a change of rules', () => {
  test('takes and sends for what is new, and nothing more for what is gone', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1', { rules: [rule('old')] });
    await using client = await natsClient(server.url);
    await change(node, [rule('new')]);
    for (const name of ['old', 'new']) {
      client.connection.publish(`${name}.a`, name);
      node.plane.send(`${name}/b`, name);
    }
    await client.connection.flush();
    await settle(node);
    await client.connection.flush();
    expect(node.plane.published.map(({ topic }) => topic)).toEqual(['old/b', 'new/b', 'new/a']);
    expect(client.heard).toEqual(['new']);
    expect(node.bridge.rules.map(({ name }) => name)).toEqual(['new']);
  });

  test('is all or nothing: where NATS forbids one new rule, the old ones go on', async () => {
    const permissions = '{ publish: ">", subscribe: ["old.>", "old", "fine.>", "fine"] }';
    await using server = await startNatsServer({
      config: `authorization { users: [ { user: u, password: p, permissions: ${permissions} } ] }`,
    });
    const login = { login: { kind: 'user', user: 'u', password: 'p' } } as const;
    await using node = await startNode(server, 'n1', { rules: [rule('old')] }, login);
    await expect(change(node, [rule('fine'), rule('secret')])).rejects.toMatchObject({
      code: 'nats-forbidden',
      message: /does not let this broker subscribe to secret/,
    });
    const client = await connect({ servers: server.url, user: 'u', pass: 'p' });
    for (const subject of ['old.a', 'fine.a']) client.publish(subject, 'x');
    await client.flush();
    await settle(node);
    expect(node.plane.published.map(({ topic }) => topic)).toEqual(['old/a']);
    await change(node, [rule('fine')]);
    for (const subject of ['old.a', 'fine.a']) client.publish(subject, 'x');
    await client.flush();
    await settle(node);
    expect(node.plane.published.map(({ topic }) => topic)).toEqual(['old/a', 'fine/a']);
    await client.close();
  });

  test('that is cancelled leaves nothing behind', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1', { rules: [rule('old')] });
    await using client = await natsClient(server.url);
    const prepared = await node.bridge.prepareRules([rule('new')], patient());
    await expect(node.bridge.prepareRules([], patient())).rejects.toThrow(/changed already/);
    await prepared.cancel();
    await prepared.commit(patient());
    for (const subject of ['old.a', 'new.a']) client.connection.publish(subject, 'x');
    await client.connection.flush();
    await settle(node);
    expect(node.plane.published.map(({ topic }) => topic)).toEqual(['old/a']);
    expect(node.plane.taps).toBe(1);
  });

  test('that cannot be had while the program runs says so, and one that cannot be read too', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1', { rules: [rule('signal')] });
    const mirror = rule('mirror', { subject: 'signal.>', direction: 'from-nats' });
    await expect(change(node, [rule('signal'), mirror])).rejects.toMatchObject({
      code: 'rules-need-restart',
      message: /bridge\.echo: on/,
    });
    await expect(change(node, [rule('open', { subject: '>' })])).rejects.toMatchObject({ code: 'rule-invalid' });
    expect(node.bridge.rules.map(({ name }) => name)).toEqual(['signal']);
    await using echoing = await startNode(server, 'n2', { echo: 'on', rules: [rule('signal')] });
    await change(echoing, [rule('signal'), mirror]);
    echoing.plane.send('signal/a', 'x');
    await settle(echoing);
    expect(echoing.plane.published.map(({ topic }) => topic)).toEqual(['signal/a', 'mirror/a']);
  });

  test('is taken while NATS is away, and begins with the next connection', async () => {
    await using server = await startNatsServer();
    await using node = await startNode(server, 'n1', { rules: [rule('old')] });
    await server.kill();
    await node.link.telemetry.seen('nats_disconnects_total');
    await change(node, [rule('new')]);
    await server.restart();
    await expect.poll(() => node.link.state().status).toBe('connected');
    await settle(node);
    await using client = await natsClient(server.url);
    for (const subject of ['old.a', 'new.a']) client.connection.publish(subject, 'x');
    await client.connection.flush();
    await settle(node);
    expect(node.plane.published.map(({ topic }) => topic)).toEqual(['new/a']);
  });
});

describe('what NATS forbids', () => {
  const permissions = '{ publish: { deny: "a.secret.>" }, subscribe: { deny: "b.>" } }';
  const login = { login: { kind: 'user', user: 'u', password: 'p' } } as const;
  const server = () =>
    startNatsServer({
      config: `authorization { users: [ { user: u, password: p, permissions: ${permissions} } ] }`,
    });

  test('to publish is counted by rule, whatever the QoS, and logged once for each rule and connection', async () => {
    await using nats = await server();
    const rules = [rule('a', { direction: 'to-nats' }), rule('other', { direction: 'to-nats' })];
    await using node = await startNode(nats, 'n1', { rules }, login);
    for (let n = 0; n < 50; n++) {
      node.plane.send(`a/secret/${n}`, 'x', { qos: n % 2 === 0 ? 0 : 1 });
      node.plane.send('a/fine', 'x');
      node.plane.send('other/secret', 'x');
    }
    await settle(node);
    const { telemetry } = node.link;
    const lost = { direction: 'to-nats', reason: 'forbidden' };
    expect(telemetry.count('bridge_dropped_total', { rule: 'a', ...lost })).toBe(50);
    expect(telemetry.count('bridge_dropped_total', { rule: 'other' })).toBe(0);
    const said = () => telemetry.lines('warn').filter((line) => line.includes('rule "a" loses messages'));
    expect(said()).toEqual([expect.stringContaining('does not let this broker publish on a.secret.0')]);
    await nats.restart();
    await expect.poll(() => node.link.state().reconnects).toBe(1);
    node.plane.send('a/secret/again', 'x');
    await settle(node);
    expect(said()).toHaveLength(2);
  });

  test('to subscribe to is counted and logged by rule, at the start too', async () => {
    await using nats = await server();
    await using node = await startNode(nats, 'n1', { rules: [rule('b'), rule('c')] }, login);
    await settle(node);
    const { telemetry } = node.link;
    expect(telemetry.count('bridge_subscriptions_forbidden_total', { rule: 'b' })).toBe(1);
    expect(telemetry.count('bridge_subscriptions_forbidden_total', { rule: 'c' })).toBe(0);
    expect(telemetry.lines('warn')).toContain(
      'rule "b" gets no messages: the NATS server does not let this broker subscribe to b.>; change the permissions of its user there',
    );
  });
});

test('of nodes whose rules name one queue group, one gets each message', async () => {
  await using server = await startNatsServer();
  const config = { rules: [rule('jobs', { direction: 'from-nats', queue: 'workers' }), rule('all')] };
  await using one = await startNode(server, 'n1', config);
  await using two = await startNode(server, 'n2', config);
  await using client = await natsClient(server.url);
  for (let n = 0; n < 40; n++) {
    client.connection.publish('jobs.x', `${n}`);
    client.connection.publish('all.x', `${n}`);
  }
  await client.connection.flush();
  await settle(one, two);
  const count = (topic: string) =>
    [one, two].map(({ plane }) => plane.published.filter((message) => message.topic === topic).length);
  expect(count('all/x')).toEqual([40, 40]);
  const [ofOne = 0, ofTwo = 0] = count('jobs/x');
  expect(ofOne + ofTwo).toBe(40);
});
