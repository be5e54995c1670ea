import type { PacketKey, SessionStore } from '../../broker/session-store.ts';
import { exchangeBytes } from '../limits.ts';
import type { InboundIdentifiers } from './inbound.ts';

/** @param requireRoom throws where what is added has none in the store */
export const exchangeMethods = (
  inbound: InboundIdentifiers,
  requireRoom: (bytes: number) => void,
): Pick<SessionStore, 'incomingStorePacket' | 'incomingGetPacket' | 'incomingDelPacket'> => ({
  async incomingStorePacket({ id }, { messageId = 0 }) {
    inbound.requireRoom(id, messageId);
    requireRoom(exchangeBytes(id));
    inbound.add(id, messageId);
  },
  async incomingGetPacket({ id }, { messageId = 0 }): Promise<PacketKey> {
    if (!inbound.has(id, messageId)) throw notOpen;
    return { messageId };
  },
  incomingDelPacket: async ({ id }, { messageId = 0 }) => inbound.delete(id, messageId),
});

/** The engine's way to ask is a rejection, once for each new QoS 2 message: one error without a stack is enough. */
const notOpen = Object.freeze(new Error('no QoS 2 exchange is open under this packet identifier'));
