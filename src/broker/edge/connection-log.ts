import { formatSocketAddress } from '../../kernel/address.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { ConnectPacket } from '../../mqtt/connect.ts';
import type { Refusal } from '../../mqtt/refusal.ts';
import { versionName } from '../../mqtt/version.ts';
import type { AcceptedSession } from '../engine-port.ts';
import {
  clientConnected,
  clientDisconnected,
  clientReauthenticated,
  clientRefused,
  connectionUnused,
  slowClientSkipped,
} from '../events.ts';
import type { Peer } from '../ports.ts';
import type { ClientFacts } from '../query-port.ts';

/** Client ids and names in certificates may have 65,535 bytes; a log line has no use for them all. */
const maxLoggedName = 128;

const shortened = (name: string): string => (name.length > maxLoggedName ? `${name.slice(0, maxLoggedName)}...` : name);

/** What is logged and counted of one connection, and what is shown of it. */
export class ConnectionLog {
  readonly #events: Events;
  readonly #peer: Peer;
  readonly #place: { readonly listener: string; readonly peer: string };
  readonly #now: () => number;
  #clientId: string | undefined;
  #accepted: { readonly session: AcceptedSession; readonly connect: ConnectPacket; readonly at: number } | undefined;

  constructor(events: Events, peer: Peer, now: () => number) {
    this.#events = events;
    this.#now = now;
    this.#peer = peer;
    const { listener, address, port, via } = peer;
    const from = formatSocketAddress({ host: address, port });
    this.#place = { listener, peer: via === undefined ? from : `${from} (relayed by ${via})` };
  }

  /** Undefined until it was accepted. */
  get client(): ClientFacts | undefined {
    if (this.#accepted === undefined) return undefined;
    const { session, connect, at } = this.#accepted;
    const { listener, protocol, address, port, tls } = this.#peer;
    return {
      clientId: session.clientId,
      principal: session.principal,
      listener,
      protocol,
      address,
      port,
      tls: tls && { version: tls.version, cipher: tls.cipher, subject: tls.certificate?.subject },
      mqtt: versionName(connect.version),
      keepAliveSeconds: connect.keepAliveSeconds,
      isPersistent: session.isPersistent,
      expirySeconds: session.isPersistent ? session.expirySeconds : 0,
      connectedAt: at,
    };
  }

  accepted(session: AcceptedSession, connect: ConnectPacket): void {
    const { clientId, principal } = session;
    this.#accepted = { session, connect, at: this.#now() };
    this.#clientId = shortened(clientId);
    const { protocol, tls } = this.#peer;
    const subject = tls?.certificate?.subject;
    this.#events.emit(clientConnected, {
      ...this.#place,
      protocol,
      tls: tls?.version,
      cipher: tls?.cipher,
      subject: subject === undefined ? undefined : shortened(subject),
      mqtt: versionName(connect.version),
      clientId: this.#clientId,
      principal: shortened(principal),
    });
  }

  /** It has proved anew who it is. */
  reauthenticated(method: string): void {
    const principal = this.#accepted?.session.principal ?? '';
    this.#events.emit(clientReauthenticated, {
      ...this.#place,
      clientId: this.#clientId ?? '',
      principal: shortened(principal),
      method: shortened(method),
    });
  }

  /** @param asked the client id that it wanted; who it is may be what it was refused for */
  refused({ reasonCode, clause, message }: Refusal, asked: string | undefined): void {
    const clientId = this.#clientId ?? (asked === undefined || asked === '' ? undefined : shortened(asked));
    this.#events.emit(clientRefused, { ...this.#place, clientId, reasonCode, clause, reason: message });
  }

  skipped(): void {
    this.#events.emit(slowClientSkipped, { listener: this.#place.listener });
  }

  ended(reason: string): void {
    if (this.#clientId === undefined) this.#events.emit(connectionUnused, { ...this.#place, reason });
    else this.#events.emit(clientDisconnected, { ...this.#place, clientId: this.#clientId, reason });
  }
}
