import type { Authenticator, Peer } from '../broker/ports.ts';
import type { Live } from '../kernel/prepared.ts';
import type { Generation } from './listeners.ts';

/** Who judges a client: access as it is now or, where its listener has changed since it came in, as it was then. */
export interface Doors extends Authenticator {
  readonly entered: (peer: Peer, generation: Generation) => void;
  /** From now on others come in by this listener; called before access changes. */
  readonly retired: (generation: Generation) => void;
}

/**
 * A handshake, and the time until CONNECT, may begin under one configuration and end under the next. What vouched for the
 * client in its handshake must not be taken for what vouches for clients of the listener now.
 */
export function createDoors(access: Live<Authenticator>): Doors {
  const generations = new WeakMap<Peer, Generation>();
  const before = new WeakMap<Generation, Authenticator>();
  const judgeOf = (peer: Peer): Authenticator => {
    const generation = generations.get(peer);
    return (generation && before.get(generation)) ?? access.current;
  };
  return {
    entered: (peer, generation) => void generations.set(peer, generation),
    retired: (generation) => void before.set(generation, access.current),
    serves: (peer, method) => judgeOf(peer).serves?.(peer, method) === true,
    authenticate: (request) => judgeOf(request.peer).authenticate(request),
  };
}
