import { type Access, createAccess } from '../auth/access.ts';
import { LastKeySet } from '../auth/last-key-set.ts';
import type { ProviderDeps } from '../auth/provider.ts';
import { createAuthorizer, type RulesAuthorizer } from '../auth/rules/authorizer.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import { type Component, startInOrder, stopInReverse } from '../kernel/lifecycle.ts';
import { Live, type Prepared } from '../kernel/prepared.ts';
import { createDoors, type Doors } from './doors.ts';

export type AccessDeps = Omit<ProviderDeps, 'listeners' | 'secretOf' | 'lastKeySet'>;

/** Who may connect, and do what, under the configuration that counts. */
export interface AccessSide extends Component {
  readonly doors: Doors;
  readonly authorizer: RulesAuthorizer;
  /** Reads what its providers go by, as it is now. @throws AppError where that cannot be taken */
  prepare(next: ResolvedConfig, signal: AbortSignal): Promise<Prepared>;
}

export function createAccessSide(first: ResolvedConfig, deps: AccessDeps): AccessSide {
  const lastKeySet = new LastKeySet();
  const accessOf = ({ access, listeners, secrets }: ResolvedConfig): Access =>
    createAccess(access)({ ...deps, listeners, secretOf: (reference) => secrets.secret(reference), lastKeySet });
  const access = new Live(accessOf(first));
  return {
    name: 'access',
    doors: createDoors(access),
    authorizer: createAuthorizer(first.access),
    start: (signal) => startInOrder(access.current.parts, signal),
    stop: (deadline) => stopAll(access.current, deadline),
    async prepare(next, signal) {
      const fresh = accessOf(next);
      await startInOrder(fresh.parts, signal);
      return {
        async commit(deadline) {
          const before = access.current;
          await access.prepare(fresh).commit(deadline);
          await stopAll(before, deadline);
        },
        cancel: () => stopAll(fresh, AbortSignal.abort()),
      };
    },
  };
}

async function stopAll({ parts }: Access, deadline: AbortSignal): Promise<void> {
  const failures = await stopInReverse(parts, deadline);
  if (failures.length > 0) throw new AggregateError(failures, 'some providers of access did not stop cleanly');
}
