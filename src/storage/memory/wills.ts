import { Readable } from 'node:stream';
import type { SessionStore, StoredPacket, StoredWill } from '../../broker/session-store.ts';
import { bytesOf } from '../detach.ts';
import { recordBytes } from '../limits.ts';

type WillMethods = Pick<SessionStore, 'putWill' | 'getWill' | 'delWill' | 'streamWill'>;

export interface MemoryWills {
  /** What they count for in `store.maxBytes`. */
  readonly bytes: () => number;
  readonly methods: WillMethods;
}

/**
 * @param nodeId of this node, known after `setup`
 * @param requireRoom throws where what a will adds has none
 */
export function memoryWills(nodeId: () => string, requireRoom: (bytes: number) => void): MemoryWills {
  const wills = new Map<string, StoredWill>();
  let total = 0;
  const methods: WillMethods = {
    async putWill({ id }, will) {
      const more = costOf(will) - costOf(wills.get(id));
      requireRoom(more);
      total += more;
      will.clientId = id;
      will.brokerId = nodeId();
      wills.set(id, { ...will });
    },
    async getWill({ id }) {
      const will = wills.get(id);
      return will && { ...will };
    },
    async delWill({ id }) {
      const will = wills.get(id);
      total -= costOf(will);
      wills.delete(id);
      return will;
    },
    streamWill: (brokers = {}) => Readable.from(willsOfOthers(wills.values(), brokers)),
  };
  return { bytes: () => total, methods };
}

function costOf(will: (StoredWill & Partial<StoredPacket>) | undefined): number {
  if (will === undefined) return 0;
  const { topic = '', payload = '', properties, qos = 0, retain = false } = will;
  return recordBytes() + bytesOf({ topic, payload, properties, qos, retain });
}

function* willsOfOthers(
  wills: Iterable<StoredWill>,
  brokers: Readonly<Record<string, unknown>>,
): Generator<StoredWill, void> {
  for (const will of wills) if (!Object.hasOwn(brokers, will.brokerId ?? '')) yield { ...will };
}
