import { connect } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import type { NatsMessage } from '../../src/bridge/link.ts';
import { startContractHub } from '../contract/nats-hub.ts';
import { startLink, type TestLink } from '../support/nats-link.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { patienceMs, patient } from '../support/patience.ts';

const text = ({ payload }: NatsMessage): string => Buffer.from(payload).toString();
const bytes = (content: string) => Buffer.from(content);

/** Everything sent by one is with the server, and everything of that has come to the others. */
async function settled(...links: TestLink[]): Promise<void> {
  for (const link of links) await link.flush(patient());
}

/** The embedded hub and nats-server answer alike. */
const servers = [
  ['nats-server', () => startNatsServer()],
  ['the embedded hub', () => startContractHub()],
] as const;

describe.each(servers)('subscriptions of a link to %s', (_, start) => {
  test('one that is ended gets nothing more, not even what is on its way, and others go on', async () => {
    await using server = await start();
    await using link = await startLink({ servers: [server.url] });
    await using peer = await startLink({ servers: [server.url] });
    const ended: string[] = [];
    const other: string[] = [];
    const subscription = link.subscribe('a', (message) => {
      ended.push(text(message));
      if (ended.length === 2) subscription.unsubscribe();
    });
    link.subscribe('a', (message) => other.push(text(message)));
    await settled(link);
    for (const content of ['1', '2', '3', '4']) peer.publish('a', bytes(content), undefined);
    await settled(peer, link);
    subscription.unsubscribe();
    peer.publish('a', bytes('5'), undefined);
    await settled(peer, link);
    expect(ended).toEqual(['1', '2']);
    expect(other).toEqual(['1', '2', '3', '4', '5']);
  });

  test('of a queue group one gets each message', async () => {
    await using server = await start();
    await using link = await startLink({ servers: [server.url] });
    await using peer = await startLink({ servers: [server.url] });
    const heard: string[] = [];
    link.subscribe('a', (message) => heard.push(text(message)), { queue: 'workers' });
    peer.subscribe('a', (message) => heard.push(text(message)), { queue: 'workers' });
    await settled(link, peer);
    await using sender = await startLink({ servers: [server.url] });
    const all = Array.from({ length: 50 }, (__, index) => `${index}`);
    for (const content of all) sender.publish('a', bytes(content), undefined);
    await settled(sender, link, peer);
    expect(heard.sort()).toEqual(all.sort());
  });

  test('a request is answered; where nobody is there, that is said at once', async () => {
    await using server = await start();
    await using link = await startLink({ servers: [server.url] });
    await using peer = await startLink({ servers: [server.url] });
    peer.subscribe('double', ({ payload, reply }) => {
      if (reply !== undefined) peer.publish(reply, Buffer.concat([payload, payload]), undefined);
    });
    peer.subscribe('silent', () => undefined);
    await settled(peer);
    const ask = (subject: string, timeoutMs = patienceMs) => link.request(subject, bytes('x'), { timeoutMs });
    const answers = await Promise.all([ask('double'), link.request('double', bytes('y'), { timeoutMs: patienceMs })]);
    expect(answers.map(text)).toEqual(['xx', 'yy']);
    await expect(ask('nobody')).rejects.toMatchObject({ code: 'nats-unreachable', message: /nobody at NATS answers/ });
    await expect(ask('silent', 50)).rejects.toMatchObject({ code: 'nats-unacknowledged', message: /within 50 ms/ });
    const given = new AbortController();
    const waits = link.request('silent', bytes('x'), { timeoutMs: patienceMs, signal: given.signal });
    given.abort(new Error('not any more'));
    await expect(waits).rejects.toThrow('not any more');
  });
});

describe('over reconnects', () => {
  test('an ended subscription does not come back, a queue group does', async () => {
    await using server = await startNatsServer();
    await using link = await startLink({ servers: [server.url] });
    const heard: string[] = [];
    const ended = link.subscribe('a', () => heard.push('ended'));
    link.subscribe('a', (message) => heard.push(text(message)), { queue: 'workers' });
    ended.unsubscribe();
    await server.kill();
    await link.telemetry.seen('nats_disconnects_total');
    await server.restart();
    await expect.poll(() => link.state().status).toBe('connected');
    await settled(link);
    const client = await connect({ servers: server.url });
    client.publish('a', '1');
    await client.flush();
    await settled(link);
    expect(heard).toEqual(['1']);
    await client.close();
  });

  test('a link without connection refuses a request', async () => {
    await using server = await startNatsServer();
    await using link = await startLink({ servers: [server.url] });
    await server.kill();
    await link.telemetry.seen('nats_disconnects_total');
    await expect(link.request('a', bytes('x'), { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'nats-unreachable',
    });
  });
});

describe('where permissions are missing', () => {
  const login = { login: { kind: 'user', user: 'u', password: 'p' } } as const;
  const restricted = (permissions: string) =>
    startNatsServer({ config: `authorization { users: [ { user: u, password: p, permissions: ${permissions} } ] }` });

  test('a subscription is told, and others go on', async () => {
    await using server = await restricted('{ subscribe: "ok.>", publish: ">" }');
    await using link = await startLink({ servers: [server.url], ...login });
    await using peer = await startLink({ servers: [server.url], ...login });
    const told: string[] = [];
    const heard: string[] = [];
    link.subscribe('secret.>', () => heard.push('secret'), { onForbidden: ({ message }) => told.push(message) });
    link.subscribe('ok.a', (message) => heard.push(text(message)), { onForbidden: () => told.push('ok') });
    await settled(link);
    peer.publish('secret.a', bytes('x'), undefined);
    peer.publish('ok.a', bytes('y'), undefined);
    await settled(peer, link);
    expect(told).toEqual([expect.stringContaining('does not let this broker subscribe to secret.>')]);
    expect(heard).toEqual(['y']);
  });

  test.each([
    ['the subject of a request', '{ publish: "ok.>" }', /does not let this broker publish on a/],
    ['the address of answers', '{ subscribe: "ok.>" }', /does not let this broker subscribe to _INBOX/],
  ])('%s: that is what the request ends with', async (_, permissions, message) => {
    await using server = await restricted(permissions);
    await using link = await startLink({ servers: [server.url], ...login });
    await using peer = await startLink({ servers: [server.url], ...login });
    peer.subscribe('a', () => undefined);
    await settled(peer);
    await expect(link.request('a', bytes('x'), { timeoutMs: patienceMs })).rejects.toMatchObject({
      code: 'nats-forbidden',
      message,
    });
  });
});
