import { Readable } from 'node:stream';
import type { SessionStore, StoredSession, StoredWill } from '../../broker/session-store.ts';
import { sessionBytes, subscriptionBytes } from '../limits.ts';
import type { Access } from './access.ts';
import type { Contents } from './contents.ts';
import type { Environment } from './files/environment.ts';
import { firstKey, lastKey, ownerKey, textKey } from './files/keys.ts';
import { encodeSubscription } from './subscription-record.ts';
import { decodeWill } from './wills.ts';

type SubscriptionMethods = Pick<
  SessionStore,
  | 'addSubscriptions'
  | 'removeSubscriptions'
  | 'hasShared'
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
        access.requireRecordRoom(added.reduce((sum, one) => sum + subscriptionBytes(one), 0));
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
    hasShared: ({ id }) => access.contents.subscriptions.hasShared(id),
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
        if (owners.find(session.clientId)?.session === undefined) access.requireRecordRoom(sessionBytes(session));
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
  return {
    putWill: ({ id }, will) =>
      access.write(({ wills }) => {
        will.clientId = id;
        will.brokerId = nodeId();
        wills.put(id, will, (bytes) => access.requireRecordRoom(bytes));
      }),
    getWill: async ({ id }) => access.contents.wills.find(id),
    delWill: ({ id }) =>
      access.write(({ wills }) => {
        const will = wills.find(id);
        if (will !== undefined) wills.remove(id);
        return will;
      }),
    streamWill: (brokers = {}) => Readable.from(willsOfOthers(access.files.environment, access.contents, brokers)),
  };
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
