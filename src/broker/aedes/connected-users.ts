import { ownerOf } from '../connect-questions.ts';
import { type Identity, noTrust } from '../ports.ts';
import type { EngineClient } from './engine-types.ts';

/** Who is connected, by user. Anonymous clients are no user. */
export class ConnectedUsers {
  readonly #users = new Map<string, Set<EngineClient>>();
  #count = 0;

  /** All clients, the anonymous ones too. */
  get count(): number {
    return this.#count;
  }

  add(client: EngineClient): void {
    this.#count += 1;
    const user = userOf(client.owner);
    if (user === undefined) return;
    const clients = this.#users.get(user);
    if (clients === undefined) this.#users.set(user, new Set([client]));
    else clients.add(client);
  }

  delete(client: EngineClient): void {
    this.#count -= 1;
    const user = userOf(client.owner);
    const clients = user === undefined ? undefined : this.#users.get(user);
    clients?.delete(client);
    if (user !== undefined && clients?.size === 0) this.#users.delete(user);
  }

  /** Clients of a user under other client ids, the one that has been connected longest first. */
  others(identity: Identity, clientId: string): readonly EngineClient[] {
    const user = userOf(identity);
    return [...((user === undefined ? undefined : this.#users.get(user)) ?? [])].filter(({ id }) => id !== clientId);
  }
}

const userOf = (owner: EngineClient['owner']): string | undefined =>
  owner === undefined || owner.trust === undefined || owner.trust === noTrust
    ? undefined
    : ownerOf({ principal: owner.principal, trust: owner.trust });
