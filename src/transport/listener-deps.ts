import type { AcceptLink } from '../broker/ports.ts';
import type { HttpHandler } from '../http/handler.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import type { CertificateSource } from './tls/certificates.ts';

export interface ListenerDeps {
  readonly accept: AcceptLink;
  /** No connection of the address is taken. Asked before TLS, about the client itself. */
  readonly isBanned?: (address: string) => boolean;
  /** Answers plain HTTP requests; undefined: 404. */
  readonly http: HttpHandler | undefined;
  /** Needed unless `tls` is `off`. */
  readonly certificates: CertificateSource | undefined;
  /** What `tickets.secret` refers to; undefined: random. */
  readonly ticketSecret?: string | undefined;
  /** What `psk.identities` refers to. */
  readonly pskIdentities?: string | undefined;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}
