import type { Publisher } from '../publish/publisher.ts';
import type { SessionEnds } from '../session-ends.ts';
import type { SessionStore } from '../session-store.ts';
import type { Sessions } from '../sessions.ts';
import type { EngineSession } from './engine-session.ts';
import type { EngineClient } from './engine-types.ts';
import type { GuardedAedesHooks } from './guarded-aedes.ts';
import { willMessage } from './wills.ts';

export interface ClientHooksDeps {
  readonly connections: WeakMap<EngineClient, EngineSession>;
  readonly sessions: Sessions;
  readonly ends: Pick<SessionEnds, 'end'>;
  readonly store: Pick<SessionStore, 'putWill' | 'takeWill'>;
  readonly publisher: Pick<Publisher, 'publishWill'>;
  readonly now: () => number;
  readonly failed: (error: unknown) => void;
}

/** What becomes of a client that comes, and of the session and the will of one that goes. */
export function clientHooks({
  connections,
  sessions,
  ends,
  store,
  publisher,
  now,
  failed,
}: ClientHooksDeps): GuardedAedesHooks {
  return {
    registered(client) {
      const connection = connections.get(client);
      connection
        ?.registered(sessions)
        .finally(() => connection.leaveTurn())
        .catch(failed);
    },
    abandoned(client) {
      store.takeWill(client.id ?? '').catch(failed); // the engine stored it already
      connections.get(client)?.leaveTurn();
    },
    disconnected(client) {
      const { id, clean, sessionExpiryInterval: expirySeconds } = client;
      const clientId = id ?? '';
      if (clean || expirySeconds === 0) {
        sessions.keep(clientId);
        if (connections.get(client)?.isKept === true) sessions.ended(clientId, 'left');
        ends.end(clientId).catch(failed); // open QoS 2 identifiers go too (GHSA-p8r9-qf8w-p73r)
      } else {
        const { owner } = connections.get(client) ?? {};
        if (owner !== undefined) sessions.disconnected({ clientId, ...owner, expirySeconds }).catch(failed);
      }
    },
    willDue(gone, will, isCurrent) {
      const id = gone.id ?? '';
      const { authorized } = connections.get(gone) ?? {};
      if (authorized !== undefined) publisher.publishWill(willMessage(will, id), authorized).catch(failed);
      if (isCurrent) store.takeWill(id).catch(failed);
    },
    willDelayed({ id }, will, delaySeconds) {
      const publishAt = now() + delaySeconds * 1_000;
      store.putWill({ ...will, clientId: id ?? '', publishAt }).catch(failed);
    },
  };
}
