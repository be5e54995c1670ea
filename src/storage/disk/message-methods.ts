import type { Store } from '../../broker/store-port.ts';
import type { Access } from './access.ts';
import { replay } from './queues/replay.ts';

type MessageMethods = Pick<Store, 'keep' | 'retained'>;
type QueueMethods = Pick<Store, 'queue' | 'sent' | 'received' | 'settled' | 'discard'>;
type ExchangeMethods = Pick<Store, 'isOpen' | 'closeExchange'>;

export const messageMethods = (access: Access): MessageMethods => ({
  keep: (packet, targets, also = {}) =>
    access.write(({ queues, inbound, retained }) => {
      const { isRetained = false, exchange } = also;
      if (exchange !== undefined) inbound.requireRoom(exchange);
      access.requireRoom(packet, targets, also);
      const isToRetain = isRetained && retained.fits(packet);
      queues.push(targets, packet); // the last that may refuse
      if (isToRetain) retained.put(packet);
      if (exchange !== undefined) inbound.add(exchange);
    }),
  retained: (filter) => access.contents.retained.pages(filter),
});

export const queueMethods = (access: Access): QueueMethods => ({
  queue(clientId) {
    const { owners, numbers, batch, queues } = access.contents;
    const owner = owners.find(clientId);
    if (owner === undefined) return [];
    const { environment } = access.files;
    return replay(owner, numbers.sequence, { environment, batch, queues });
  },
  sent: (clientId, key, packetId) => access.write(({ queues }) => queues.sent(clientId, key, packetId)),
  received: (clientId, packetId) => access.write(({ queues }) => queues.received(clientId, packetId)),
  settled: (clientId, packetId) => access.write(({ queues }) => queues.settled(clientId, packetId)),
  discard: (clientId, key) => access.write(({ queues }) => queues.discard(clientId, key)),
});

export const exchangeMethods = (access: Access): ExchangeMethods => ({
  isOpen: async (exchange) => access.contents.inbound.has(exchange),
  closeExchange: (exchange) => access.write(({ inbound }) => inbound.delete(exchange)),
});
