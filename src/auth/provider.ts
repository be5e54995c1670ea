import type { Authenticator } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { ListenerFacts } from './listener-facts.ts';
import type { AccessOptions } from './schema.ts';

export interface ProviderDeps {
  readonly listeners: readonly ListenerFacts[];
  readonly events: Events;
  readonly clock: Clock;
}

/** One who can say who a client is. */
export interface Provider extends Authenticator {
  /** What it reads and watches. It is asked once they have started, and for a while after they have stopped. */
  readonly parts?: readonly Component[];
}

export type CreateProvider = (options: AccessOptions) => (deps: ProviderDeps) => Provider;
