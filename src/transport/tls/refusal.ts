import { isoTime } from '../../kernel/clock.ts';
import { messageOf, systemCode } from '../../kernel/errors.ts';
import { printable } from '../../kernel/printable.ts';
import type { ConnectionRefusal, RefusalReason } from '../connection-refusal.ts';
import type { TlsPolicy } from './policy.ts';

/** A refused certificate, as far as it could be read. Times are milliseconds since the epoch. */
export interface RefusedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: number;
  readonly validTo: number;
}

type Row = readonly [RefusalReason, string];

/** Alerts the client sent, by the end of OpenSSL's name; the part before it differs between its versions. */
const alerts: Readonly<Record<string, Row>> = {
  UNKNOWN_CA: ['certificate-distrusted', 'the client does not know the CA of our certificate; give it root-ca.pem'],
  CERTIFICATE_UNKNOWN: ['certificate-distrusted', 'the client does not accept our certificate; check its CA file'],
  BAD_CERTIFICATE: ['certificate-distrusted', 'the client does not accept our certificate: name or CA do not fit'],
  UNSUPPORTED_CERTIFICATE: ['certificate-distrusted', 'the client does not support the kind of our certificate'],
  CERTIFICATE_EXPIRED: ['certificate-distrusted', 'the client takes our certificate for expired; check its clock'],
  CERTIFICATE_REVOKED: ['certificate-distrusted', 'the client takes our certificate for revoked'],
  DECRYPT_ERROR: ['certificate-distrusted', 'the client could not verify a signature; its CA file may be an older one'],
  PROTOCOL_VERSION: ['tls-version', 'the client refuses TLS 1.2 and 1.3'],
  HANDSHAKE_FAILURE: ['tls-cipher', 'the client found no cipher or curve that both sides support'],
};

const failures: Readonly<Record<string, Row>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: [
    'no-certificate',
    'the client sent no certificate, and this listener requires one',
  ],
  ERR_SSL_UNSUPPORTED_PROTOCOL: ['tls-version', 'the client offers only TLS 1.1 or older; 1.2 and 1.3 are supported'],
  ERR_SSL_VERSION_TOO_LOW: ['tls-version', 'the client offers only TLS 1.1 or older; 1.2 and 1.3 are supported'],
  ERR_SSL_NO_SHARED_CIPHER: ['tls-cipher', 'the client offers no cipher that this listener supports'],
  ERR_SSL_NO_SUITABLE_KEY_SHARE: ['tls-cipher', 'the client offers no curve that this listener supports'],
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: ['tls-cipher', 'the client supports no signature of our certificate'],
  ERR_SSL_PSK_IDENTITY_NOT_FOUND: ['unknown-psk', 'the client names an identity that psk.identities does not have'],
  ERR_SSL_BINDER_DOES_NOT_VERIFY: ['unknown-psk', 'the client has another key for its identity than psk.identities'],
  ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: [
    'tls-failed',
    'the last message of the handshake does not decrypt; with a pre-shared key, the client has another one',
  ],
  ERR_SSL_NO_APPLICATION_PROTOCOL: ['alpn', 'the client offers (ALPN) none of the protocols that this listener speaks'],
  ERR_SSL_HTTP_REQUEST: ['http-on-tls-port', 'a plain HTTP request on a TLS port; use https:// or wss://'],
  ERR_SSL_HTTPS_PROXY_REQUEST: ['http-on-tls-port', 'an HTTP proxy request on a TLS port'],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'not-tls',
    'the first bytes are not TLS; plain MQTT on a TLS port? use mqtts:// and a CA file',
  ],
};

/** Ends of a connection that say nothing about TLS. */
const departures: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT', 'EHOSTUNREACH']);

const tooOld: ReadonlySet<string> = new Set(['ERR_SSL_UNSUPPORTED_PROTOCOL', 'ERR_SSL_VERSION_TOO_LOW']);
const only13: ConnectionRefusal = {
  reason: 'tls-version',
  detail: 'the client offers only TLS 1.2 or older; this listener is for 1.3 alone (`policy`)',
};

/**
 * Puts a failed handshake into words.
 * @param minVersion what the listener asks for.
 * @returns undefined when the client just went away.
 */
export function handshakeRefusal(error: unknown, minVersion?: TlsPolicy['minVersion']): ConnectionRefusal | undefined {
  const code = systemCode(error) ?? '';
  if (departures.has(code)) return undefined;
  const alert = /_ALERT_([A-Z_]+)$/.exec(code)?.[1];
  const row = failures[code] ?? (alert === undefined ? undefined : alerts[alert]);
  if (minVersion === 'TLSv1.3' && tooOld.has(code)) return only13;
  if (row !== undefined) return { reason: row[0], detail: row[1] };
  return { reason: 'tls-failed', detail: `TLS handshake failed: ${opensslReason(error)}` };
}

/** OpenSSL's own words without the numbers around them. */
function opensslReason(error: unknown): string {
  if (error instanceof Error && 'reason' in error && typeof error.reason === 'string') return printable(error.reason);
  return printable(messageOf(error));
}

const unknownIssuer: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
]);

const rejections: Readonly<Record<string, string>> = {
  CERT_SIGNATURE_FAILURE: 'its signature does not fit the CA of that name; it is from an older or a foreign CA',
  CERT_REVOKED: 'it is revoked',
  INVALID_PURPOSE: 'it is not meant for clients (extended key usage lacks clientAuth)',
  INVALID_CA: 'one of its issuers may not issue certificates',
  PATH_LENGTH_EXCEEDED: 'there are more CAs in its chain than one of them allows',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
};

/**
 * Puts a client certificate that did not verify into words.
 * @param code name of OpenSSL's verify result, e.g. `CERT_HAS_EXPIRED`.
 * @param now milliseconds since the epoch.
 */
export function certificateRefusal(code: string, certificate: RefusedCertificate, now: number): ConnectionRefusal {
  const shown = `client certificate "${certificate.subject}"`;
  if (code === 'CERT_HAS_EXPIRED')
    return certificate.validTo <= now
      ? { reason: 'certificate-expired', detail: `${shown} expired on ${isoTime(certificate.validTo)}` }
      : { reason: 'certificate-expired', detail: `${shown}: a CA in its chain has expired` };
  if (code === 'CERT_NOT_YET_VALID')
    return {
      reason: 'certificate-not-yet-valid',
      detail: `${shown} is not valid before ${isoTime(certificate.validFrom)}; check the clocks`,
    };
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT')
    return { reason: 'unknown-ca', detail: `${shown} is self-signed and not among the trust anchors` };
  if (unknownIssuer.has(code))
    return {
      reason: 'unknown-ca',
      detail: `${shown} is issued by "${certificate.issuer}", which is not in the trust anchors: the intermediate is missing and has to be sent along, or another CA has the same name`,
    };
  const why = rejections[code] ?? `verification says ${printable(code)}`;
  return {
    reason: 'certificate-rejected',
    detail: `${shown}, issued by "${certificate.issuer}": ${why}`,
  };
}
