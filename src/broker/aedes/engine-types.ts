import type { Subscription } from '../../plane/plane.ts';
import type { EdgePort } from '../engine-port.ts';
import type { AuthorizedClient } from '../ports.ts';
import type { StoredMessage, StoredSession } from '../store-port.ts';
import type { StoredProperties } from '../stored-properties.ts';

// The parts of Aedes 2.0.0-beta.1 that the adapter touches, its internals included. The version is pinned exactly, so
// that these shapes hold.

/** A packet as mqtt-packet reads it, before the engine looks at it. */
export interface EngineParsedPacket {
  readonly cmd: string;
  readonly will?: (StoredMessage & { properties?: StoredProperties }) | undefined;
}

/** A client as the engine sees it, which did not make it itself. */
export interface EngineClient {
  /** The client id. */
  readonly id: string;
  readonly edge: EdgePort;
  /** Undefined before it was admitted; so is the next. */
  readonly authorized: AuthorizedClient | undefined;
  readonly owner: Pick<StoredSession, 'principal' | 'trust'> | undefined;
  /** Its session outlives the connection, */
  readonly isPersistent: boolean;
  /** by so much. */
  readonly expirySeconds: number;
  /** There is a record of its session. */
  readonly isKept: boolean;
  readonly subscriptions: Iterable<Subscription>;
  /** Ends subscriptions that the rules allow no more. */
  reconsider(): Promise<void>;
  /** It may not be here any more; its session stays. @param reason for the log */
  dismiss(reason: string): void;
  /** Sends it away; in MQTT 5 with a word. [MQTT-4.13.2] */
  disconnect(reason: { readonly reasonCode: number }, done?: () => void): void;
  close(done?: () => void): void;
}

/** The queue through which the engine would route. */
export interface EngineQueue {
  on(): this;
  removeListener(): this;
  emit(): this;
  close(done?: () => void): this;
}

export interface EngineOptions {
  readonly id: string;
  readonly mq: EngineQueue;
  /** Of all that it would keep it is only told to begin; an `async` function in the literal sense, as it checks the constructor. */
  readonly persistence: { setup(): Promise<void> };
  readonly sessionExpiryIntervalLimit: number;
  readonly pendingSessionsLimit: number;
}
