import type { Store } from '../../broker/store-port.ts';
import { replay } from './queues/replay.ts';
import type { StoreAccess } from './store-access.ts';

type MessageMethods = Pick<Store, 'keep' | 'retained'>;
type QueueMethods = Pick<Store, 'queue' | 'markSent' | 'markReceived' | 'settle' | 'discard'>;
type ExchangeMethods = Pick<Store, 'isOpen' | 'closeExchange'>;

export const messageMethods = (access: StoreAccess): MessageMethods => ({
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

export const queueMethods = (access: StoreAccess): QueueMethods => ({
  queue(clientId) {
    const { owners, numbers, batch, queues } = access.contents;
    const owner = owners.find(clientId);
    if (owner === undefined) return [];
    const { environment } = access.files;
    return replay(owner, numbers.sequence, { environment, batch, queues });
  },
  markSent: (clientId, key, packetId) => access.write(({ queues }) => queues.markSent(clientId, key, packetId)),
  markReceived: (clientId, packetId) => access.write(({ queues }) => queues.markReceived(clientId, packetId)),
  settle: (clientId, packetId) => access.write(({ queues }) => queues.settle(clientId, packetId)),
  discard: (clientId, key) => access.write(({ queues }) => queues.discard(clientId, key)),
});

export const exchangeMethods = (access: StoreAccess): ExchangeMethods => ({
  isOpen: async (exchange) => access.contents.inbound.has(exchange),
  closeExchange: (exchange) => access.write(({ inbound }) => inbound.delete(exchange)),
});
