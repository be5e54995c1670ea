import type { Authenticator } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { SecretReference } from '../kernel/schema.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { LastKeySet } from './last-key-set.ts';
import type { ListenerFacts } from './listener-facts.ts';
import type { PasswordUsers } from './password-users.ts';
import type { AccessOptions } from './schema.ts';

/** Sends a message to NATS and waits for one answer. Rejects with what a log may say. */
export type NatsRequest = (
  subject: string,
  payload: Uint8Array,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
) => Promise<{ readonly payload: Uint8Array }>;

export interface ProviderDeps {
  readonly listeners: readonly ListenerFacts[];
  readonly events: Events;
  readonly clock: Clock;
  /** What stands behind a reference, or in a file that a setting names, as it was when the configuration was read. */
  readonly secretOf: (reference: SecretReference) => string;
  readonly natsRequest: NatsRequest;
  readonly lastKeySet: LastKeySet;
}

/** What access makes for its providers to share. */
export interface SharedParts {
  /** Of `access.passwords`. */
  readonly users: PasswordUsers | undefined;
}

/** One who can say who a client is. */
export interface Provider extends Omit<Authenticator, 'serves'> {
  /** Authentication Methods that it understands; left out: none. */
  readonly methods?: readonly string[];
  /** What it reads and watches. It is asked once they have started, and for a while after they have stopped. */
  readonly parts?: readonly Component[];
}

export type CreateProvider = (options: AccessOptions, deps: ProviderDeps & SharedParts) => Provider;
