import { Readable } from 'node:stream';
import type { OpenedExchange, PacketKey, QueueTarget, SessionStore, StoredPacket } from '../../broker/session-store.ts';
import { exchangeBytes } from '../limits.ts';
import type { Access } from './access.ts';
import { replay } from './queues/replay.ts';

type RetainedMethods = Pick<
  SessionStore,
  'storeRetained' | 'retained' | 'createRetainedStream' | 'createRetainedStreamCombi'
>;
type QueueMethods = Pick<
  SessionStore,
  'outgoingEnqueue' | 'outgoingEnqueueCombi' | 'outgoingUpdate' | 'outgoingClearMessageId' | 'outgoingStream'
>;
type InboundMethods = Pick<SessionStore, 'incomingStorePacket' | 'incomingGetPacket' | 'incomingDelPacket'>;

/** Messages that are decoded before they are asked for; one at a time costs a turn of its own for each. */
const readAhead = { highWaterMark: 64 };

export function retainedMethods(access: Access): RetainedMethods {
  return {
    storeRetained: (packet) =>
      access.write(({ retained }) => {
        if (packet.payload.length > 0) access.requireRoom(packet, 1);
        retained.store(packet);
      }),
    retained: (filter) => access.contents.retained.pages(filter),
    createRetainedStream: (filter) => Readable.from(access.contents.retained.match([filter]), readAhead),
    createRetainedStreamCombi: (filters) => Readable.from(access.contents.retained.match([...filters]), readAhead),
  };
}

export function queueMethods(access: Access): QueueMethods {
  const enqueue = (targets: readonly QueueTarget[], packet: StoredPacket, exchange?: OpenedExchange): Promise<void> =>
    access.write(({ queues, inbound }) => {
      if (exchange !== undefined) inbound.requireRoom(exchange.id, exchange.messageId);
      access.requireRoom(packet, targets.length);
      queues.push(targets, packet);
      if (exchange !== undefined) inbound.add(exchange.id, exchange.messageId);
    });
  return {
    outgoingEnqueue: (target, packet) => enqueue([target], packet),
    outgoingEnqueueCombi: enqueue,
    outgoingUpdate: ({ id }, packet) => access.write(({ queues }) => queues.update(id, packet)),
    outgoingClearMessageId: ({ id }, packet) => access.write(({ queues }) => queues.clear(id, packet)),
    outgoingStream({ id }) {
      const { owners, numbers, batch, queues } = access.contents;
      const owner = owners.find(id);
      if (owner === undefined) return Readable.from([]);
      const { environment } = access.files;
      return Readable.from(replay(owner, numbers.sequence, { environment, batch, queues }));
    },
  };
}

export function inboundMethods(access: Access): InboundMethods {
  return {
    incomingStorePacket: ({ id }, { messageId = 0 }) =>
      access.write(({ inbound }) => {
        inbound.requireRoom(id, messageId);
        access.requireRecordRoom(exchangeBytes(id));
        inbound.add(id, messageId);
      }),
    async incomingGetPacket({ id }, { messageId = 0 }): Promise<PacketKey> {
      if (!access.contents.inbound.has(id, messageId)) throw notOpen;
      return { messageId };
    },
    incomingDelPacket: ({ id }, { messageId = 0 }) => access.write(({ inbound }) => inbound.delete(id, messageId)),
  };
}

/** The engine's way to ask is a rejection, once for each new QoS 2 message: one error without a stack is enough. */
const notOpen = Object.freeze(new Error('no QoS 2 exchange is open under this packet identifier'));
