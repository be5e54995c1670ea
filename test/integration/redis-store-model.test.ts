import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueuedPacket, Store, StoredMessage } from '../../src/broker/store-port.ts';
import { StoreError } from '../../src/kernel/errors.ts';
import type { Qos } from '../../src/plane/message.ts';
import type { Drop } from '../../src/storage/drop.ts';
import { createMemoryStore } from '../../src/storage/memory/memory-store.ts';
import { type StoreLimits, storeSchema } from '../../src/storage/schema.ts';
import {
  message,
  openExchange,
  read,
  retain,
  retained,
  subscription,
  topicFilters,
  topicNames,
} from '../contract/store/support.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { openRedisStore } from '../support/redis-store.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(() => server[Symbol.asyncDispose]());

type Step = (store: Store) => Promise<unknown>;

const clients = fc.constantFrom('a', 'b/ä', '__proto__');
const qos = fc.constantFrom<Qos>(0, 1, 2);
const messageIds = fc.integer({ min: 1, max: 4 });
/** Few names, so that messages meet again. */
const keys = fc.integer({ min: 1, max: 12 }).map((counter) => ({ runId: 'node:1', counter }));
const packets = fc
  .record({
    topic: topicNames,
    qos,
    retain: fc.boolean(),
    clientId: fc.constantFrom('a', 'b/ä', undefined),
    payload: fc.constantFrom('', 'text', 'längerer Text').map((text) => Buffer.from(text)),
    key: keys,
    expiresAt: fc.constantFrom(undefined, undefined, 500, 5_000),
    properties: fc.constantFrom(undefined, { contentType: 'x' }, { correlationData: Buffer.from([1, 0]) }),
  })
  .map(({ key, ...fields }): StoredMessage => ({ ...message(fields.topic), ...fields, ...key }));
const subscriptions = fc
  .tuple(topicFilters, qos, fc.boolean(), fc.boolean(), fc.option(messageIds, { nil: undefined }), fc.boolean())
  .map(([filter, granted, retainAsPublished, nl, identifier, isShared]) =>
    subscription(isShared ? `$share/g/${filter}` : filter, granted, {
      retainAsPublished,
      noLocal: nl && !isShared,
      identifier,
    }),
  );

/** Of what is retained: which of several expired ones is found first differs between the stores. */
const unexpiring = (packet: StoredMessage): StoredMessage => ({
  ...packet,
  expiresAt: packet.expiresAt === undefined ? undefined : 5_000,
});

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(clients, fc.array(subscriptions, { maxLength: 3 })).map(
    ([client, list]): Step =>
      (store) =>
        store.subscribe(client, list),
  ),
  fc.tuple(clients, fc.array(topicFilters, { maxLength: 2 })).map(
    ([client, list]): Step =>
      (store) =>
        store.unsubscribe(client, list),
  ),
  fc.tuple(clients, keys).map(
    ([client]): Step =>
      (store) =>
        store.endSession(client),
  ),
  packets.map(
    (packet): Step =>
      (store) =>
        store.keep(packet, sorted(store.subscribersOf(packet.topic))),
  ),
  fc.tuple(clients, packets).map(
    ([clientId, packet]): Step =>
      (store) =>
        store.keep(packet, [{ clientId }]),
  ),
  fc.tuple(clients, packets, fc.option(messageIds, { nil: undefined }), fc.boolean()).map(
    ([clientId, packet, packetId, isRetained]): Step =>
      (store) =>
        store.keep(unexpiring(packet), sorted(store.subscribersOf(packet.topic)), {
          isRetained,
          exchange: packetId === undefined ? undefined : { clientId, packetId },
        }),
  ),
  fc.tuple(clients, keys, messageIds).map(
    ([client, key, packetId]): Step =>
      (store) =>
        store.markSent(client, key, packetId),
  ),
  fc.tuple(clients, messageIds).map(
    ([client, messageId]): Step =>
      (store) =>
        store.markReceived(client, messageId),
  ),
  fc.tuple(clients, messageIds).map(
    ([client, packetId]): Step =>
      (store) =>
        store.settle(client, packetId),
  ),
  fc.tuple(clients, keys).map(
    ([client, key]): Step =>
      (store) =>
        store.discard(client, key),
  ),
  fc.tuple(clients, messageIds).map(
    ([client, messageId]): Step =>
      (store) =>
        openExchange(store, client, messageId).then(() => 'opened'),
  ),
  fc.tuple(clients, messageIds).map(
    ([client, messageId]): Step =>
      (store) =>
        store.isOpen({ clientId: client, packetId: messageId }),
  ),
  fc.tuple(clients, messageIds).map(
    ([client, messageId]): Step =>
      (store) =>
        store.closeExchange({ clientId: client, packetId: messageId }),
  ),
  packets.map(
    (packet): Step =>
      (store) =>
        retain(store, unexpiring(packet)),
  ),
  fc.tuple(clients, fc.nat(9)).map(
    ([clientId, expirySeconds]): Step =>
      (store) =>
        store.putSession({ clientId, principal: 'p', expirySeconds: expirySeconds + 1 }),
  ),
  fc.tuple(clients, fc.nat(9)).map(
    ([clientId, publishAt]): Step =>
      (store) =>
        store.putWill({ cmd: 'publish', topic: 'will', payload: 'w', qos: 1, retain: false, clientId, publishAt }),
  ),
  clients.map(
    (client): Step =>
      (store) =>
        store.takeWill(client),
  ),
);

const sorted = <T extends { readonly clientId: string; readonly filter?: string }>(list: readonly T[]): T[] =>
  [...list].sort((a, b) => `${a.clientId} ${a.filter}`.localeCompare(`${b.clientId} ${b.filter}`));

/** Bytes as text, so that kinds of buffers do not matter; the order of identifiers does not either. */
const plain = (packet: QueuedPacket | undefined): unknown =>
  packet === undefined || packet.cmd === 'pubrel' ? packet : { ...packet, payload: String(packet.payload) };

const codeOf = (error: unknown): unknown => (error instanceof StoreError ? error.code : error);
const textOf = ({ reason, clientId, topic }: Drop): string => `${reason} ${clientId} ${topic}`;

/** Everything that can be read of a store. */
async function everything(store: Store): Promise<unknown> {
  const ids = ['a', 'b/ä', '__proto__'];
  return {
    sessions: await Promise.all(ids.map((client) => store.session(client))),
    count: (await read(store.sessions())).flat().length,
    subscriptions: await Promise.all(
      ids.map(async (clientId) => sorted((await store.subscriptionsOf(clientId)).map((one) => ({ ...one, clientId })))),
    ),
    found: ['a', 'a/b', '/', '$s/a'].map((topic) => sorted(store.subscribersOf(topic))),
    queues: await Promise.all(ids.map(async (client) => (await read(store.queue(client))).map(plain))),
    retained: (await retained(store, '#', '$s/#'))
      .map(({ topic, payload, qos: granted }) => `${topic} ${String(payload)} ${granted}`)
      .sort(),
    wills: sorted(await read(store.wills())),
    exchanges: await Promise.all(
      ids.flatMap((clientId) => [1, 2, 3, 4].map((packetId) => store.isOpen({ clientId, packetId }))),
    ),
    stats: store.stats(),
  };
}

const policies = fc.constantFrom('drop-oldest', 'drop-newest', 'refuse');

let opened = 0;

test('any sequence of operations, called without waiting, leaves both stores with the same to say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 60 }), policies, fc.boolean(), async (list, onFull, isAged) => {
      const drops: Drop[][] = [[], []];
      let now = 1_000;
      const deps = (index: number) => ({ now: () => now, onDropped: (drop: Drop) => void drops[index]?.push(drop) });
      const limits: Pick<StoreLimits, 'queue' | 'retained'> = {
        queue: { messages: 4, bytes: 40, age: isAged ? 100 : undefined, onFull },
        retained: { messages: 4, bytes: 60, onFull: onFull === 'refuse' ? 'refuse' : 'drop-newest' },
      };
      const memory = createMemoryStore({ ...storeSchema.parse({}), ...limits }, deps(0));
      opened += 1;
      await using redis = await openRedisStore(server, { ...limits, keyPrefix: `m${opened}:` }, deps(1));
      const half = Math.floor(list.length / 2);
      for (const part of [list.slice(0, half), list.slice(half)]) {
        const outcomes = [memory, redis].map((store) => Promise.all(part.map((step) => step(store).catch(codeOf))));
        const [inMemory, inRedis] = await Promise.all(outcomes);
        expect(inRedis).toEqual(inMemory);
        expect(await everything(redis)).toEqual(await everything(memory));
        now += 90; // some of what is queued is too old after the second half
      }
      expect(drops[1]?.map(textOf).sort()).toEqual(drops[0]?.map(textOf).sort());
    }),
    { numRuns: 200 },
  );
});
