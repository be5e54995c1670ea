import type { Socket } from 'node:net';
import type { PeerTls } from '../broker/ports.ts';

/** Where a client comes from. */
export interface HubPeer {
  readonly address: string;
  readonly port: number;
  readonly tls: PeerTls | undefined;
}

/** What a client says of itself in CONNECT. The secret is never to be kept, logged or told. */
export interface HubCredentials {
  readonly user: string | undefined;
  /** Its password, or its token. */
  readonly secret: string | undefined;
  /** As it calls itself; may be empty. */
  readonly name: string;
}

/** What a client that is known may do. Subjects are text, not latin1. */
export interface HubRights {
  /** False: it may do everything, now. */
  readonly isLimited: boolean;
  mayPublish(subject: string): boolean;
  /** @param subject with wildcards or without */
  maySubscribe(subject: string): boolean;
  /** Of what its subscriptions bring; undefined: all of it. */
  readonly mayReceive: ((subject: string) => boolean) | undefined;
  /** Why it may not be here any more, as a sentence for the log; undefined where it may. */
  whyNot(): string | undefined;
}

/** A client that may come in. */
export interface HubAdmission {
  readonly kind: 'accept';
  /** Names it in the log. */
  readonly user: string;
  /** Undefined: it may do everything. */
  readonly rights: HubRights | undefined;
  /** When what it proved itself by ends, milliseconds since the epoch. */
  readonly expiresAtMs: number | undefined;
}

/** `unanswered`: nobody could say, now; it may try again. */
export interface HubRefusal {
  readonly kind: 'reject';
  readonly code: 'not-authorized' | 'unanswered';
  /** A sentence for the log, which is never told to the client. */
  readonly reason: string;
}

export type HubVerdict = HubAdmission | HubRefusal;

/** Who may come to the hub, and do what. */
export interface HubGuard {
  /** Another one with every change of the rules: what was said before counts no more. */
  readonly generation: number;
  /** Asked of a connection that has said nothing yet. */
  isBanned(address: string): boolean;
  /**
   * @param whenGone takes what is to be called when the client is gone before there is a verdict
   * @returns undefined when the client is gone
   */
  admit(
    peer: HubPeer,
    credentials: HubCredentials,
    whenGone: (giveUp: () => void) => void,
  ): HubVerdict | Promise<HubVerdict | undefined>;
}

/** A connection that comes in. */
export interface HubArrival {
  readonly id: number;
  readonly socket: Socket;
  readonly peer: HubPeer;
  /** Undefined: nobody is asked who it is. */
  readonly guard: HubGuard | undefined;
}

/** Begins TLS on connections; tells once of each, unless it closes without a word. */
export interface HubTls {
  /** @throws StartError where there are no usable certificates */
  start(): void;
  stop(): void;
  accept(
    raw: Socket,
    handler: {
      onSecure(socket: Socket, tls: PeerTls): void;
      /** The socket is destroyed right after. */
      onRefused(refusal: { readonly reason: string; readonly detail: string }): void;
    },
  ): void;
}
