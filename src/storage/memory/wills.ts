import { Readable } from 'node:stream';
import type { SessionStore, StoredWill } from '../../broker/session-store.ts';

/** @param nodeId of this node, known after `setup` */
export function willMethods(
  nodeId: () => string,
): Pick<SessionStore, 'putWill' | 'getWill' | 'delWill' | 'streamWill'> {
  const wills = new Map<string, StoredWill>();
  return {
    async putWill({ id }, will) {
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
      wills.delete(id);
      return will;
    },
    streamWill: (brokers = {}) => Readable.from(willsOfOthers(wills.values(), brokers)),
  };
}

function* willsOfOthers(
  wills: Iterable<StoredWill>,
  brokers: Readonly<Record<string, unknown>>,
): Generator<StoredWill, void> {
  for (const will of wills) if (!Object.hasOwn(brokers, will.brokerId ?? '')) yield { ...will };
}
