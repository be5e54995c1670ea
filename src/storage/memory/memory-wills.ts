import type { Store, StoredWill } from '../../broker/store-port.ts';
import { bytesOf } from '../detach.ts';
import { recordBytes } from '../limits.ts';

type WillMethods = Pick<Store, 'putWill' | 'takeWill' | 'wills'>;

export interface MemoryWills {
  /** What they count for in `store.maxBytes`. */
  readonly bytes: () => number;
  readonly methods: WillMethods;
}

/** @param requireRoom throws where what a will adds has none */
export function memoryWills(requireRoom: (bytes: number) => void): MemoryWills {
  const wills = new Map<string, StoredWill>();
  let total = 0;
  const methods: WillMethods = {
    async putWill(will) {
      const { clientId } = will;
      const more = costOf(will) - costOf(wills.get(clientId));
      requireRoom(more);
      total += more;
      wills.set(clientId, { ...will });
    },
    async takeWill(clientId) {
      const will = wills.get(clientId);
      total -= costOf(will);
      wills.delete(clientId);
      return will;
    },
    async *wills() {
      for (const will of wills.values()) yield { ...will };
    },
  };
  return { bytes: () => total, methods };
}

const costOf = (will: StoredWill | undefined): number => (will === undefined ? 0 : recordBytes() + bytesOf(will));
