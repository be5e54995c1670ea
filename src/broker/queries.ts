import type { ConnectionLog } from './edge/connection-log.ts';
import type { Engine } from './engine-port.ts';
import type { BrokerQueries, MessageFacts, QueuedFacts, SubscriptionFacts } from './query-port.ts';
import type { QueuedPacket, QueuedPackets, Store, StoredMessage } from './store-port.ts';
import { requestOf } from './subscriptions/subscription-of.ts';

export interface QueriesDeps {
  /** Oldest first; they come and go. */
  readonly connections: Iterable<{ readonly log: Pick<ConnectionLog, 'client'> }>;
  readonly engine: Pick<Engine, 'edgeOf' | 'subscriptionsOf'>;
  readonly store: Pick<Store, 'sessions' | 'subscriptionsOf' | 'retained' | 'queue'>;
}

/** What is looked at before somebody else has a turn. */
const partLength = 256;

export function createQueries({ connections, engine, store }: QueriesDeps): BrokerQueries {
  return {
    clients: () => inParts(connections, ({ log }) => log.client),
    async *sessions() {
      for await (const page of store.sessions())
        yield page.map(({ clientId, principal, expirySeconds, disconnectedAt }) => {
          const isConnected = engine.edgeOf(clientId) !== undefined;
          return { clientId, principal, expirySeconds, isConnected, disconnectedAt };
        });
    },
    async *subscriptions(clientId) {
      const live = engine.subscriptionsOf(clientId);
      if (live !== undefined) yield* inParts(live, factsOf);
      else {
        const stored = await store.subscriptionsOf(clientId);
        yield* inParts(stored, (one) => factsOf({ ...requestOf(one), identifier: one.identifier }));
      }
    },
    async *retained(filter) {
      for await (const page of store.retained(filter)) yield mapped(page, messageFacts);
    },
    queue: (clientId) => queued(store.queue(clientId)),
  };
}

const factsOf = ({ filter, qos, noLocal, retainAsPublished, identifier }: SubscriptionFacts): SubscriptionFacts => ({
  filter,
  qos,
  noLocal,
  retainAsPublished,
  identifier,
});

const messageFacts = ({ topic, qos, payload, clientId, expiresAt }: StoredMessage): MessageFacts => ({
  topic,
  qos,
  payloadBytes: Buffer.byteLength(payload),
  publisher: clientId,
  expiresAt,
});

async function* queued(packets: QueuedPackets): AsyncGenerator<readonly QueuedFacts[]> {
  for await (const packet of packets) yield [queuedFacts(packet)];
}

const queuedFacts = (packet: QueuedPacket): QueuedFacts =>
  packet.cmd === 'pubrel'
    ? { kind: 'release', packetId: packet.packetId }
    : { kind: 'message', packetId: packet.packetId, ...messageFacts(packet) };

/** @param factsOf undefined: it is passed over */
function* inParts<T, F>(all: Iterable<T>, factsOf: (one: T) => F | undefined): Generator<readonly F[]> {
  let looked = 0;
  let part: F[] = [];
  for (const one of all) {
    const facts = factsOf(one);
    if (facts !== undefined) part.push(facts);
    looked += 1;
    if (looked % partLength !== 0) continue;
    yield part;
    part = [];
  }
  yield part;
}

function* mapped<T, F>(all: Iterable<T>, factsOf: (one: T) => F): Generator<F> {
  for (const one of all) yield factsOf(one);
}
