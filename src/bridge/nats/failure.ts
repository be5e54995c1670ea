import { errors } from '@nats-io/transport-node';
import { messageOf, systemCode } from '../../kernel/errors.ts';
import { loginAdvice } from './login.ts';
import type { NatsLogin } from './resolved-options.ts';

/** Why an attempt to connect failed. */
export interface ConnectFailure {
  readonly kind: FailureKind;
  /** One sentence: which server, what happened, what to check. Never holds a secret. */
  readonly sentence: string;
  readonly cause: unknown;
}

export type FailureKind =
  /** Nothing answers, or not as a NATS server; it may come later. */
  | 'unreachable'
  /** It answers and does not accept our login or our certificate. */
  | 'refused'
  /** We do not accept its certificate. */
  | 'untrusted'
  /** TLS was asked for and it offers none. */
  | 'no-tls';

/** Codes of OpenSSL and Node that mean: the certificate of the server is the problem. */
const untrusted =
  /^(UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|CERT_|ERR_TLS_CERT_ALTNAME_INVALID|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)/;
/** Alerts that a server sends for a client certificate that is missing or not trusted. */
const refusedCertificate =
  /^ERR_SSL_.*ALERT.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)|^ERR_SSL_TLSV1_ALERT_UNKNOWN_CA|^ERR_SSL_TLSV13_ALERT/;

/** Thrown by our own attempts; the client library has errors of its own. */
export class NoTlsError extends Error {}

/** The server checks client certificates and hung up on ours: its alert is often lost in the reset that follows. */
export class ClientCertificateError extends Error {}

const hangUpCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** True for an attempt that the server ended without a word. */
export function isHangUp(cause: unknown): boolean {
  const code = deepCode(cause);
  if (code !== undefined) return hangUpCodes.has(code);
  return cause === undefined || cause instanceof errors.ConnectionError;
}

/** Sorts what an attempt threw. */
export function connectFailure(server: string, login: NatsLogin, cause: unknown): ConnectFailure {
  const code = deepCode(cause) ?? '';
  const text = messageOf(cause);
  const failure = (kind: FailureKind, sentence: string): ConnectFailure => ({ kind, sentence, cause });
  if (cause instanceof errors.AuthorizationError || cause instanceof errors.UserAuthenticationExpiredError)
    return failure('refused', `NATS at ${server} refuses our credentials (${text}): ${loginAdvice[login.kind]}`);
  if (refusedCertificate.test(code) || cause instanceof ClientCertificateError)
    return failure(
      'refused',
      `NATS at ${server} refuses our client certificate (${code === '' ? text : code}): check nats.tls.cert and nats.tls.key`,
    );
  if (untrusted.test(code))
    return failure(
      'untrusted',
      `NATS at ${server} shows a certificate that we do not trust (${text}): check nats.tls.ca, and that the URL names the host of the certificate`,
    );
  if (cause instanceof NoTlsError)
    return failure('no-tls', `NATS at ${server} offers no TLS: write nats:// and no nats.tls, or switch its TLS on`);
  return failure('unreachable', `NATS at ${server} cannot be reached (${text === '' ? code : text})`);
}

/** The system code of an error or of what caused it. */
function deepCode(thrown: unknown): string | undefined {
  for (let error: unknown = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    const code = systemCode(error);
    if (code !== undefined) return code;
  }
  return undefined;
}
