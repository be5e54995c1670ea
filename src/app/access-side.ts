import { type Access, createAccess } from '../auth/access.ts';
import { createBans } from '../auth/bans/bans.ts';
import { createFailures } from '../auth/failures/failures.ts';
import { LastKeySet } from '../auth/last-key-set.ts';
import type { ListenerFacts } from '../auth/listener-facts.ts';
import { createOutsideAccess, type OutsideAccess } from '../auth/outside-access.ts';
import type { ProviderDeps } from '../auth/provider.ts';
import { createAuthorizer, type RulesAuthorizer } from '../auth/rules/authorizer.ts';
import { hubListener } from '../auth/rules/rule-options.ts';
import type { Authenticator } from '../broker/ports.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import { type Component, startInOrder, stopInReverse } from '../kernel/lifecycle.ts';
import { Live, type Prepared } from '../kernel/prepared.ts';
import type { SecretReference } from '../kernel/schema.ts';
import { createDoors, type Doors } from './doors.ts';

export interface AccessDeps extends Omit<ProviderDeps, 'listeners' | 'secretOf' | 'lastKeySet'> {
  /** Others are banned, by a change of their file. */
  readonly changed: () => Promise<void>;
}

/** Who may connect, and do what, under the configuration that counts. */
export interface AccessSide extends Component {
  readonly doors: Doors;
  /** Who gets through the doors and is neither banned nor fails too often. */
  readonly authenticator: Authenticator;
  readonly isBanned: (address: string) => boolean;
  readonly authorizer: RulesAuthorizer;
  /** Reads what its providers go by, as it is now. @throws AppError where that cannot be taken */
  prepare(next: ResolvedConfig, signal: AbortSignal): Promise<Prepared>;
}

export function createAccessSide(first: ResolvedConfig, deps: AccessDeps): AccessSide {
  const lastKeySet = new LastKeySet();
  const accessOf = ({
    access,
    listeners: own,
    nats,
    secrets,
  }: ResolvedConfig): Access & Pick<OutsideAccess, 'authority'> => {
    const listeners = [...own, ...hubFacts(nats)];
    const all = { ...deps, listeners, secretOf: (reference: SecretReference) => secrets.secret(reference), lastKeySet };
    const made = createAccess(access, all);
    const { authority, parts } = createOutsideAccess(access, all);
    return { ...made, authority, parts: [...made.parts, ...parts] };
  };
  const access = new Live(accessOf(first));
  const doors = createDoors(access);
  const bans = createBans(first.access.bans, deps);
  const failures = createFailures(first.access.failures, deps);
  return {
    name: 'access',
    doors,
    authenticator: bans.guard(failures.guard(doors)),
    isBanned: (address) => bans.hasAddress(address),
    authorizer: createAuthorizer(first.access, () => access.current.authority),
    start: (signal) => startInOrder([bans, ...access.current.parts], signal),
    stop: (deadline) => stopAll([bans, ...access.current.parts], deadline),
    async prepare(next, signal) {
      const ready = await bans.prepare(next.access.bans, signal);
      const fresh = accessOf(next);
      try {
        await startInOrder(fresh.parts, signal);
      } catch (cause) {
        await ready.cancel();
        throw cause;
      }
      return {
        async commit(deadline) {
          const before = access.current;
          failures.configure(next.access.failures);
          await Promise.all([ready.commit(deadline), access.prepare(fresh).commit(deadline)]);
          await stopAll(before.parts, deadline);
        },
        async cancel() {
          await ready.cancel();
          await stopAll(fresh.parts, AbortSignal.abort());
        },
      };
    },
  };
}

/** The hub, where it asks who comes. */
const hubFacts = ({ hub }: ResolvedConfig['nats']): ListenerFacts[] =>
  hub.authentication === undefined ? [] : [{ ...hub, name: hubListener }];

async function stopAll(parts: readonly Component[], deadline: AbortSignal): Promise<void> {
  const failures = await stopInReverse(parts, deadline);
  if (failures.length > 0) throw new AggregateError(failures, 'some providers of access did not stop cleanly');
}
