import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { NatsMessage } from '../../src/bridge/link.ts';
import { startContractHub } from '../contract/nats-hub.ts';
import { listenAnywhere } from '../support/listen-anywhere.ts';
import { startLink } from '../support/nats-link.ts';
import { startNatsServer } from '../support/nats-server.ts';
import { patient } from '../support/patience.ts';

describe('a link without a server', () => {
  test('starts, says so once, refuses messages, and connects when the server comes', async () => {
    await using server = await startNatsServer();
    await server.kill();
    await using link = await startLink({ servers: [server.url] });
    expect(link.state()).toMatchObject({ status: 'connecting', server: undefined });
    expect(link.state().lastError).toContain('cannot be reached');
    expect(link.publish('a', Buffer.from('x'), undefined)).toBe('nats-disconnected');
    await expect(link.flush(patient())).rejects.toThrow(/not connected/);
    await server.restart();
    await link.telemetry.seen('nats_connects_total');
    expect(link.state()).toMatchObject({ status: 'connected', lastError: undefined, reconnects: 0 });
    expect(link.telemetry.lines('warn')).toHaveLength(1);
    expect(link.telemetry.lines('info')[0]).toContain('messages dropped meanwhile: 1');
  });

  test('starts in bounded time when something answers and says nothing', async () => {
    const sockets = new Set<{ destroy(): void }>();
    const silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    const port = await listenAnywhere(silent);
    await using link = await startLink({ servers: [`nats://127.0.0.1:${port}`], connectTimeoutMs: 200 });
    expect(link.state().status).toBe('connecting');
    await link.telemetry.seen('nats_connect_failures_total');
    expect(link.state().lastError).toMatch(/cannot be reached/);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('starts when what answers is no NATS server', async () => {
    const other = createServer((socket) => socket.on('error', () => undefined).write('220 smtp ready\r\n'));
    const port = await listenAnywhere(other);
    await using link = await startLink({ servers: [`nats://127.0.0.1:${port}`] });
    expect(link.state().lastError).toContain('does not answer as a NATS server');
    other.close();
  });

  test('stops while it is trying', async () => {
    const link = await startLink({ servers: ['nats://127.0.0.1:1'] });
    await link.stop(AbortSignal.timeout(1_000));
    await link.stop(AbortSignal.timeout(1_000));
    expect(link.state().status).toBe('disconnected');
  });
});

describe('a connected link', () => {
  test('survives a kill -9 of the server: state is visible, subscriptions resume', async () => {
    await using server = await startNatsServer();
    await using link = await startLink({ servers: [server.url] });
    await using peer = await startLink({ servers: [server.url] });
    const received: string[] = [];
    let arrived: () => void = () => undefined;
    link.subscribe('a.>', ({ payload }) => {
      received.push(Buffer.from(payload).toString());
      arrived();
    });
    await link.flush(patient());
    await server.kill();
    await link.telemetry.seen('nats_disconnects_total');
    expect(link.state()).toMatchObject({ status: 'reconnecting', server: undefined });
    expect(link.publish('a.b', Buffer.from('lost'), undefined)).toBe('nats-disconnected');
    await server.restart();
    await expect.poll(() => [link.state().status, peer.state().status]).toEqual(['connected', 'connected']);
    await link.flush(patient());
    const next = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    expect(peer.publish('a.b', Buffer.from('again'), undefined)).toBe('sent');
    await next;
    expect(received).toEqual(['again']);
    expect(link.state()).toMatchObject({ status: 'connected', reconnects: 1, lastError: undefined });
  });

  test('refuses what is larger than the server takes, headers included', async () => {
    await using server = await startNatsServer({ config: 'max_payload: 1000' });
    await using link = await startLink({ servers: [server.url] });
    expect(link.publish('a', Buffer.alloc(1_001), undefined)).toBe('payload-too-large');
    expect(link.publish('a', Buffer.alloc(1_000), undefined)).toBe('sent');
    expect(link.publish('a', Buffer.alloc(1_000), [['k', 'v']])).toBe('payload-too-large');
    await link.flush(patient());
    expect(link.state().status).toBe('connected');
  });

  test('bounds what a server that froze has not taken', async () => {
    await using server = await startNatsServer();
    await using link = await startLink({ servers: [server.url], maxPendingBytes: 1_000_000 });
    await server.freeze();
    const results = Array.from({ length: 20 }, () => link.publish('a', Buffer.alloc(100_000), undefined));
    expect(results.filter((result) => result === 'sent')).toHaveLength(9);
    expect(results.at(-1)).toBe('nats-backlog');
    server.thaw();
    await link.flush(patient());
    await expect.poll(() => link.publish('a', Buffer.alloc(100_000), undefined)).toBe('sent');
  });

  test('reports a forbidden subject once and goes on', async () => {
    await using server = await startNatsServer({
      config:
        'authorization { users: [ { user: u, password: p, permissions: { publish: "ok.>", subscribe: "ok.>" } } ] }',
    });
    await using link = await startLink({ servers: [server.url], login: { kind: 'user', user: 'u', password: 'p' } });
    for (let n = 0; n < 3; n++) link.publish('forbidden', Buffer.from('x'), undefined);
    await link.telemetry.seen('nats_errors_total');
    await link.flush(patient());
    expect(link.telemetry.lines('warn')).toEqual([
      expect.stringMatching(/Permissions Violation for Publish to "forbidden"/),
    ]);
    expect(link.state()).toMatchObject({ status: 'connected', lastError: expect.stringContaining('forbidden') });
  });

  test('carries headers in their order, whatever they are called', async () => {
    await using server = await startNatsServer();
    await using link = await startLink({ servers: [server.url] });
    await using peer = await startLink({ servers: [server.url] });
    const messages: NatsMessage[] = [];
    link.subscribe('a', (message) => messages.push(message));
    await link.flush(patient());
    peer.publish('a', Buffer.from('x'), [
      ['k', 'é'],
      ['Other', '1'],
      ['k', ''],
    ]);
    peer.publish('a', Buffer.from('x'), [['not a name', '1']]);
    peer.publish('a', Buffer.from(''), undefined);
    await peer.flush(patient());
    await link.flush(patient());
    expect(messages.map(({ headers }) => headers)).toEqual([
      [
        ['k', 'é'],
        ['Other', '1'],
        ['k', ''],
      ],
      [['not a name', '1']],
      undefined,
    ]);
    expect(messages[0]?.reply).toBeUndefined();
  });

  test('is not held up by a message with very many headers', async () => {
    await using server = await startNatsServer();
    await using link = await startLink({ servers: [server.url] });
    await using peer = await startLink({ servers: [server.url] });
    const counts: number[] = [];
    link.subscribe('a', ({ headers }) => counts.push(Array.isArray(headers) ? headers.length : -1));
    await link.flush(patient());
    const many = Array.from({ length: 40_000 }, (_, index) => [`k${index}`, ''] as const);
    expect(peer.publish('a', Buffer.from('x'), many)).toBe('sent');
    await peer.flush(patient());
    await link.flush(patient());
    expect(counts).toEqual([40_000]);
  });

  test('speaks to the embedded hub as to nats-server', async () => {
    await using hub = await startContractHub();
    await using link = await startLink({ servers: [hub.url] });
    await using peer = await startLink({ servers: [hub.url] });
    const messages: NatsMessage[] = [];
    link.subscribe('a.>', (message) => messages.push(message));
    await link.flush(patient());
    link.publish('a.own', Buffer.from('no echo'), undefined);
    peer.publish('a.b', Buffer.from('x'), [['k', 'v']]);
    await peer.flush(patient());
    await link.flush(patient());
    expect(messages.map(({ subject, headers }) => [subject, headers])).toEqual([['a.b', [['k', 'v']]]]);
  });

  test('takes its servers from a function when they are known only at the start', async () => {
    let url = '';
    const options = { servers: () => [url] };
    await using server = await startNatsServer();
    url = server.url;
    await using link = await startLink(options);
    expect(link.state().server).toBe(server.url);
  });
});
