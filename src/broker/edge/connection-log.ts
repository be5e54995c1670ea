import { formatSocketAddress } from '../../kernel/address.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { Refusal } from '../../mqtt/refusal.ts';
import { type ProtocolVersion, versionName } from '../../mqtt/version.ts';
import { clientConnected, clientDisconnected, clientRefused, connectionUnused, slowClientSkipped } from '../events.ts';
import type { Peer } from '../ports.ts';

/** Client ids and names in certificates may have 65,535 bytes; a log line has no use for them all. */
const maxLoggedName = 128;

const shortened = (name: string): string => (name.length > maxLoggedName ? `${name.slice(0, maxLoggedName)}...` : name);

/** What is logged and counted of one connection. */
export class ConnectionLog {
  readonly #events: Events;
  readonly #peer: Peer;
  readonly #place: { readonly listener: string; readonly peer: string };
  #clientId: string | undefined;

  constructor(events: Events, peer: Peer) {
    this.#events = events;
    this.#peer = peer;
    this.#place = { listener: peer.listener, peer: formatSocketAddress({ host: peer.address, port: peer.port }) };
  }

  accepted(clientId: string, principal: string, version: ProtocolVersion): void {
    this.#clientId = shortened(clientId);
    const { protocol, tls } = this.#peer;
    const subject = tls?.certificate?.subject;
    this.#events.emit(clientConnected, {
      ...this.#place,
      protocol,
      tls: tls?.version,
      cipher: tls?.cipher,
      subject: subject === undefined ? undefined : shortened(subject),
      mqtt: versionName(version),
      clientId: this.#clientId,
      principal: shortened(principal),
    });
  }

  refused({ reasonCode, clause, message }: Refusal): void {
    this.#events.emit(clientRefused, { ...this.#place, clientId: this.#clientId, reasonCode, clause, reason: message });
  }

  skipped(): void {
    this.#events.emit(slowClientSkipped, { listener: this.#place.listener });
  }

  ended(reason: string): void {
    if (this.#clientId === undefined) this.#events.emit(connectionUnused, { ...this.#place, reason });
    else this.#events.emit(clientDisconnected, { ...this.#place, clientId: this.#clientId, reason });
  }
}
