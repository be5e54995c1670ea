import { expect, test } from 'vitest';
import { type BrokerReadsOptions, brokerReads } from '../../../test/support/broker-reads.ts';
import { recordedTelemetry } from '../../../test/support/recorded-telemetry.ts';
import { webOf } from '../../../test/support/web.ts';
import type { ClientFacts, MessageFacts } from '../../broker/query-port.ts';
import { PartsReading } from '../reading.ts';
import { brokerRoutes } from './broker.ts';

const local = { address: '127.0.0.1' };
const lists = ['clients', 'sessions', 'subscriptions', 'queue', 'retained', 'events'];

const client = (clientId: string): ClientFacts => ({
  clientId,
  principal: 'anonymous',
  listener: 'mqtt',
  protocol: 'mqtt',
  address: '192.0.2.1',
  port: 1,
  tls: undefined,
  mqtt: 'MQTT 5',
  keepAliveSeconds: 60,
  isPersistent: false,
  expirySeconds: 0,
  connectedAt: 0,
});

interface Answer {
  readonly items?: readonly Partial<ClientFacts>[];
  readonly next?: string;
  readonly leftOut?: number;
  readonly error?: string;
}

/** Asks routes over these reads. */
function asker(options: BrokerReadsOptions = {}) {
  const telemetry = recordedTelemetry();
  const app = webOf(brokerRoutes(brokerReads({ ...options, events: telemetry.events }), telemetry.events));
  const ask = async (path: string, peer = local, headers: Record<string, string> = {}) => {
    const response = await app.request(`/api/v1/${path}`, { headers }, peer);
    return { status: response.status, body: (await response.json()) as Answer };
  };
  return { ask, telemetry };
}

/** Five clients in parts of two; it knows how far it was read, and whether it was given back. */
function fiveClients() {
  const state = { read: 0, isClosed: false };
  function* clients(): Generator<readonly ClientFacts[]> {
    try {
      for (const part of [['a', 'b'], [], ['c', 'd'], ['e']]) {
        state.read += 1;
        yield part.map(client);
      }
    } finally {
      state.isClosed = true;
    }
  }
  return { state, clients };
}

test.each(lists)('/api/v1/%s is shown to this machine only, and not through a proxy', async (name) => {
  const { ask, telemetry } = asker();
  const path = `${name}?client=a`;
  for (const address of ['192.0.2.1', '2001:db8::1']) expect((await ask(path, { address })).status).toBe(403);
  expect((await ask(path, local, { 'x-forwarded-for': '127.0.0.1' })).status).toBe(403);
  expect(telemetry.count('console_queries_refused_total')).toBe(3);
  expect((await ask(path)).status).toBe(200);
});

test('a list is read page by page, no further than it is asked for', async () => {
  const { state, clients } = fiveClients();
  const { ask } = asker({ queries: { clients } });
  const seen: unknown[] = [];
  let { body } = await ask('clients?limit=2');
  expect(state.read).toBe(1);
  for (; ; { body } = await ask(`clients?limit=2&after=${body.next ?? ''}`)) {
    expect(body.items?.length).toBeLessThanOrEqual(2);
    seen.push(...(body.items ?? []).map(({ clientId }) => clientId));
    if (body.next === undefined) break;
  }
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a search that finds little gives a short page instead of keeping others waiting', async () => {
  const retained = function* (): Generator<readonly MessageFacts[]> {
    for (let part = 0; part < 40; part += 1) yield [];
    yield [{ topic: 't', qos: 0, payloadBytes: 1, publisher: undefined, expiresAt: undefined }];
  };
  const { ask } = asker({ queries: { retained } });
  const first = (await ask('retained')).body;
  expect(first).toEqual({ items: [], next: expect.any(String) });
  expect((await ask(`retained?after=${first.next}`)).body).toEqual({
    items: [{ topic: 't', qos: 0, payloadBytes: 1 }],
  });
});

test.each([
  ['clients?limit=0', 400, 'limit: use 1 to 1000'],
  ['clients?limit=1001', 400, 'limit: use 1 to 1000'],
  ['clients?limit=1e3', 400, 'limit: use 1 to 1000'],
  ['subscriptions', 400, 'client: give a client id'],
  ['queue', 400, 'client: give a client id'],
  ['retained?filter=a%23', 400, 'filter: '],
  ['clients?after=nothing', 410, 'Nothing is read under this name'],
  ['clients?after=', 410, 'Nothing is read under this name'],
])('%s: %i', async (path, status, error) => {
  const answer = await asker().ask(path);
  expect(answer.status).toBe(status);
  expect(answer.body.error).toContain(error);
});

test('more lists than console.reads: the one that was asked for least recently is given up', async () => {
  const [first, second] = [fiveClients(), fiveClients()];
  const both = [first, second];
  const queries = { clients: () => both.shift()?.clients() ?? [] };
  const { ask, telemetry } = asker({ queries, options: { reads: 1 } });
  const one = (await ask('clients?limit=1')).body;
  const other = (await ask('clients?limit=1')).body;
  expect(first.state.isClosed).toBe(true);
  expect((await ask(`clients?after=${one.next}`)).status).toBe(410);
  expect((await ask(`clients?after=${other.next}`)).body.items).toHaveLength(4);
  expect(telemetry.count('console_reads_given_up_total', { cause: 'too-many' })).toBe(1);
});

test('a list whose next page nobody asked for within console.readIdle is given up', async () => {
  const { state, clients } = fiveClients();
  let now = 0;
  const { ask, telemetry } = asker({ queries: { clients }, options: { readIdle: '10s' }, monotonic: () => now });
  const { next } = (await ask('clients?limit=1')).body;
  now = 10_000;
  expect((await ask(`clients?limit=1&after=${next}`)).body.items).toEqual([expect.objectContaining({ clientId: 'b' })]);
  now = 20_001;
  expect((await ask(`clients?after=${next}`)).status).toBe(410);
  expect(state.isClosed).toBe(true);
  expect(telemetry.count('console_reads_given_up_total', { cause: 'idle' })).toBe(1);
});

test('events are a list without an end, which says how many were left out', async () => {
  const waiting = [
    { events: [], leftOut: 0 },
    { events: [{ name: 'client-connected' }], leftOut: 7 },
  ];
  const { ask } = asker({ listen: () => ({ take: () => waiting.shift()!, close: () => undefined }) });
  const { next } = (await ask('events')).body;
  expect((await ask(`events?after=${next}`)).body).toEqual({ items: [{ name: 'client-connected' }], leftOut: 7, next });
});

test('what cannot be read is given back', async () => {
  let isClosed = false;
  const broken = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error('the store does not answer')),
      return: () => {
        isClosed = true;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    }),
  };
  await expect(brokerReads().reads.begin(new PartsReading(broken), 1)).rejects.toThrow('does not answer');
  expect(isClosed).toBe(true);
});
