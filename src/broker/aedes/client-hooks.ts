import type { Publisher } from '../publish/publisher.ts';
import type { SessionEnds } from '../session-ends.ts';
import type { Sessions } from '../sessions.ts';
import type { Store } from '../store-port.ts';
import type { GuardedAedesHooks } from './guarded-aedes.ts';
import { willMessage } from './wills.ts';

export interface ClientHooksDeps {
  readonly sessions: Sessions;
  readonly ends: Pick<SessionEnds, 'end'>;
  readonly store: Pick<Store, 'putWill' | 'takeWill'>;
  readonly publisher: Pick<Publisher, 'publishWill'>;
  readonly now: () => number;
  readonly failed: (error: unknown) => void;
}

/** What becomes of the session and the will of a client that goes. */
export function clientHooks({ sessions, ends, store, publisher, now, failed }: ClientHooksDeps): GuardedAedesHooks {
  return {
    disconnected({ id: clientId, isPersistent, isKept, expirySeconds, owner }) {
      if (!isPersistent || expirySeconds === 0) {
        sessions.keep(clientId);
        if (isKept) sessions.ended(clientId, 'left');
        ends.end(clientId).catch(failed); // open QoS 2 identifiers go too (GHSA-p8r9-qf8w-p73r)
      } else if (owner !== undefined) sessions.disconnected({ clientId, ...owner, expirySeconds }).catch(failed);
    },
    willDue({ id, authorized }, will, isCurrent) {
      if (authorized !== undefined) publisher.publishWill(willMessage(will, id), authorized).catch(failed);
      if (isCurrent) store.takeWill(id).catch(failed);
    },
    willDelayed({ id }, will, delaySeconds) {
      const publishAt = now() + delaySeconds * 1_000;
      store.putWill({ ...will, clientId: id, publishAt }).catch(failed);
    },
  };
}
