import type { RequestRefusalReason } from '../http/server/refusals.ts';
import { speechOf } from './first-byte.ts';

/** Why a connection was refused: a label with few values, for counters. */
export type RefusalReason =
  | 'no-certificate'
  | 'unknown-ca'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'certificate-rejected'
  | 'certificate-not-pinned'
  | 'certificate-revoked'
  | 'revocation-unknown'
  | 'certificate-distrusted'
  | 'tls-version'
  | 'tls-cipher'
  | 'tls-failed'
  | 'unknown-psk'
  | 'alpn'
  | 'not-tls'
  | 'http-on-tls-port'
  | 'tls-on-plain-port'
  | 'http-on-mqtt-port'
  | 'mqtt-on-http-port'
  | 'unknown-protocol'
  | 'proxy-header'
  | 'proxy-untrusted'
  | 'websocket-not-accepted'
  | 'websocket-path'
  | 'websocket-subprotocol'
  | 'websocket-handshake'
  | 'websocket-origin'
  | RequestRefusalReason;

/** A refused connection; `detail` is a sentence for the operator. */
export interface ConnectionRefusal {
  readonly reason: RefusalReason;
  readonly detail: string;
}

const misfits = {
  tls: { reason: 'tls-on-plain-port', detail: 'a TLS hello where none is expected; use mqtt:// or ws:// here' },
  mqtt: { reason: 'mqtt-on-http-port', detail: 'an MQTT CONNECT, but this listener does not accept mqtt' },
  http: { reason: 'http-on-mqtt-port', detail: 'an HTTP request, but this listener speaks MQTT only' },
} as const satisfies Record<string, ConnectionRefusal>;

/** A connection whose first byte is nothing that its listener accepts. */
export function misfit(firstByte: number | undefined): ConnectionRefusal {
  const speech = speechOf(firstByte);
  if (speech !== 'unknown') return misfits[speech];
  const shown = firstByte === undefined ? 'none' : `0x${firstByte.toString(16).padStart(2, '0')}`;
  return { reason: 'unknown-protocol', detail: `the first byte, ${shown}, begins neither TLS, MQTT nor HTTP` };
}
