import type { Store, StoredSession, StoredWill } from '../../broker/store-port.ts';
import { sessionBytes } from '../limits.ts';
import type { Contents } from './contents.ts';
import { decodeWill } from './disk-wills.ts';
import type { Environment } from './files/environment.ts';
import { firstKey, lastKey, ownerKey, textKey } from './files/keys.ts';
import type { StoreAccess } from './store-access.ts';
import { encodeSubscription } from './subscription-record.ts';

type SubscriptionMethods = Pick<Store, 'subscribe' | 'unsubscribe' | 'subscriptionsOf' | 'filtersOf' | 'subscribersOf'>;
type RecordMethods = Pick<Store, 'putSession' | 'session' | 'sessions' | 'endSession'>;
type WillMethods = Pick<Store, 'putWill' | 'takeWill' | 'wills'>;

export function subscriptionMethods(access: StoreAccess): SubscriptionMethods {
  return {
    subscribe: (clientId, added) =>
      access.write(({ owners, subscriptions, batch }) => {
        if (added.length === 0) return;
        access.requireSubscriptionRoom(clientId, added);
        const prefix = ownerKey(owners.require(clientId).number);
        subscriptions.add(clientId, added);
        for (const one of added) batch.put('subscriptions', textKey(one.filter, prefix), encodeSubscription(one));
      }),
    unsubscribe: (clientId, filters) =>
      access.write(({ owners, subscriptions, batch }) => {
        const owner = owners.find(clientId);
        if (owner === undefined) return;
        subscriptions.remove(clientId, filters);
        for (const filter of filters) batch.remove('subscriptions', textKey(filter, ownerKey(owner.number)));
      }),
    subscriptionsOf: async (clientId) => access.contents.subscriptions.of(clientId),
    filtersOf: (clientId) => access.contents.subscriptions.filtersOf(clientId),
    subscribersOf: (topic) => access.contents.subscriptions.match(topic),
  };
}

export function recordMethods(access: StoreAccess): RecordMethods {
  return {
    putSession: (session) =>
      access.write(({ owners }) => {
        if (owners.find(session.clientId)?.session === undefined) access.requireRecordRoom(sessionBytes(session));
        const owner = owners.putSession(session);
        if (session.disconnectedAt !== undefined) owner.index = undefined; // nobody reads its queue for a while
      }),
    async session(clientId) {
      const session = access.contents.owners.find(clientId)?.session;
      return session === undefined ? undefined : { ...session };
    },
    sessions: () => sessionsOf(access.contents),
    endSession: (clientId) =>
      access.write((contents) => {
        contents.inbound.deleteAll(clientId);
        const owner = contents.owners.find(clientId);
        if (owner === undefined) return;
        const prefix = ownerKey(owner.number);
        for (const { filter } of contents.subscriptions.of(clientId))
          contents.batch.remove('subscriptions', textKey(filter, prefix));
        contents.subscriptions.removeAll(clientId);
        contents.queues.forget(owner);
        contents.owners.remove(owner);
      }),
  };
}

export function willMethods(access: StoreAccess): WillMethods {
  return {
    putWill: (will) => access.write(({ wills }) => wills.put(will, (bytes) => access.requireRecordRoom(bytes))),
    takeWill: (clientId) =>
      access.write(({ wills }) => {
        const will = wills.find(clientId);
        if (will !== undefined) wills.remove(clientId);
        return will;
      }),
    wills: () => willsOf(access.files.environment, access.contents),
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

async function* willsOf(environment: Environment, { batch }: Contents): AsyncGenerator<StoredWill, void> {
  for (let from = firstKey; ; ) {
    batch.settle('wills', from, lastKey);
    const rows = environment.rows('wills', { from, to: lastKey, maxRows: pageRows, maxBytes: 1_048_576 });
    for (const { value } of rows) yield decodeWill(value);
    const last = rows.at(-1);
    if (last === undefined) return;
    from = Buffer.concat([last.key, firstKey]);
  }
}
