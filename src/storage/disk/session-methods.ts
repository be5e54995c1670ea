import { Readable } from 'node:stream';
import { deserialize, serialize } from 'node:v8';
import type { SessionStore, StoredPacket, StoredSession, StoredWill } from '../../broker/session-store.ts';
import type { Access } from './access.ts';
import type { Contents } from './contents.ts';
import { damaged } from './damaged.ts';
import type { Environment } from './environment.ts';
import { firstKey, lastKey, ownerKey, textKey } from './keys.ts';
import { encodeSubscription } from './subscription-record.ts';

type SubscriptionMethods = Pick<
  SessionStore,
  | 'addSubscriptions'
  | 'removeSubscriptions'
  | 'subscriptionsByClient'
  | 'countOffline'
  | 'subscribersOf'
  | 'subscriptionsByTopic'
  | 'getClientList'
>;
type RecordMethods = Pick<SessionStore, 'putSession' | 'getSession' | 'streamSessions' | 'cleanSubscriptions'>;
type WillMethods = Pick<SessionStore, 'putWill' | 'getWill' | 'delWill' | 'streamWill'>;

export function subscriptionMethods(access: Access): SubscriptionMethods {
  return {
    addSubscriptions: ({ id }, added) =>
      access.write(({ owners, subscriptions, batch }) => {
        if (added.length === 0) return;
        const prefix = ownerKey(owners.require(id).number);
        subscriptions.add(id, added);
        for (const one of added) batch.put('subscriptions', textKey(one.topic, prefix), encodeSubscription(one));
      }),
    removeSubscriptions: ({ id }, filters) =>
      access.write(({ owners, subscriptions, batch }) => {
        const owner = owners.find(id);
        if (owner === undefined) return;
        subscriptions.remove(id, filters);
        for (const filter of filters) batch.remove('subscriptions', textKey(filter, ownerKey(owner.number)));
      }),
    subscriptionsByClient: async ({ id }) => access.contents.subscriptions.of(id),
    async countOffline() {
      const { queueing, clients } = access.contents.subscriptions;
      return { subsCount: queueing, clientsCount: clients };
    },
    subscribersOf: (topic) => access.contents.subscriptions.match(topic),
    subscriptionsByTopic: async (topic) => access.contents.subscriptions.match(topic).map((one) => ({ ...one })),
    getClientList: (filter) => Readable.from(access.contents.subscriptions.clientsOf(filter)),
  };
}

export function recordMethods(access: Access): RecordMethods {
  return {
    putSession: (session) =>
      access.write(({ owners }) => {
        const owner = owners.putSession(session);
        if (session.disconnectedAt !== undefined) owner.index = undefined; // nobody reads its queue for a while
      }),
    async getSession({ id }) {
      const session = access.contents.owners.find(id)?.session;
      return session === undefined ? undefined : { ...session };
    },
    streamSessions: () => sessionsOf(access.contents),
    cleanSubscriptions: ({ id }) =>
      access.write((contents) => {
        contents.inbound.deleteAll(id);
        const owner = contents.owners.find(id);
        if (owner === undefined) return;
        const prefix = ownerKey(owner.number);
        for (const { topic } of contents.subscriptions.of(id))
          contents.batch.remove('subscriptions', textKey(topic, prefix));
        contents.subscriptions.removeAll(id);
        contents.queues.forget(owner);
        contents.owners.remove(owner);
      }),
  };
}

/** @param nodeId of this node, known after `setup` */
export function willMethods(access: Access, nodeId: () => string): WillMethods {
  const find = ({ batch }: Contents, id: string): StoredWill | undefined => {
    const record = batch.get('wills', textKey(id));
    return record === undefined ? undefined : decodeWill(record);
  };
  return {
    putWill: ({ id }, will) =>
      access.write(({ batch }) => {
        will.clientId = id;
        will.brokerId = nodeId();
        batch.put('wills', textKey(id), serialize({ ...will }));
      }),
    getWill: async ({ id }) => find(access.contents, id),
    delWill: ({ id }) =>
      access.write((contents) => {
        const will = find(contents, id);
        if (will !== undefined) contents.batch.remove('wills', textKey(id));
        return will;
      }),
    streamWill: (brokers = {}) => Readable.from(willsOfOthers(access.files.environment, access.contents, brokers)),
  };
}

/** A will as the engine hands it over: a message with its client. */
export type MessageWill = StoredWill & StoredPacket;

/** @throws StoreError store-damaged */
export function decodeWill(record: Buffer): MessageWill {
  try {
    const will: MessageWill = deserialize(record);
    return will;
  } catch (cause) {
    throw damaged('a will of the store cannot be read', cause);
  }
}

const pageSessions = 1_000;
const pageRows = 256;

async function* sessionsOf({ owners }: Contents): AsyncGenerator<readonly StoredSession[], void> {
  let page: StoredSession[] = [];
  for (const { session } of owners.all()) {
    if (session !== undefined) page.push(session);
    if (page.length < pageSessions) continue;
    yield page;
    page = [];
  }
  yield page;
}

function* willsOfOthers(
  environment: Environment,
  { batch }: Contents,
  brokers: Readonly<Record<string, unknown>>,
): Generator<StoredWill, void> {
  for (let from = firstKey; ; ) {
    batch.settle('wills', from, lastKey);
    const rows = environment.rows('wills', { from, to: lastKey, maxRows: pageRows, maxBytes: 1_048_576 });
    for (const { value } of rows) {
      const will = decodeWill(value);
      if (!Object.hasOwn(brokers, will.brokerId ?? '')) yield will;
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    from = Buffer.concat([last.key, firstKey]);
  }
}
