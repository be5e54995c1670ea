/** Why a client does not take the certificate of a server, by the name of OpenSSL's verify result. */
const distrust: ReadonlyMap<string, string> = new Map([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'the root of its chain is not trusted'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is self-signed and not trusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its issuer is neither sent nor trusted'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'the issuer of the intermediate is neither sent nor trusted'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its issuer is neither sent nor trusted'],
  ['CERT_SIGNATURE_FAILURE', 'its signature is not of the CA with that name'],
  ['CERT_HAS_EXPIRED', 'a certificate of its chain has expired'],
  ['CERT_NOT_YET_VALID', 'it is not valid yet; check the clocks'],
  ['CERT_REVOKED', 'it is revoked'],
  ['INVALID_PURPOSE', 'it is not made for servers'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'it is for other host names'],
]);

export const distrustReason = (code: string): string => `the server certificate: ${distrust.get(code) ?? code}`;

/** What a server means by an alert, by the end of OpenSSL's name for it. */
const alerts: ReadonlyMap<string, string> = new Map([
  ['CERTIFICATE_REQUIRED', 'it requires a client certificate'],
  ['HANDSHAKE_FAILURE', 'it finds nothing that both sides support, or requires a client certificate'],
  ['PROTOCOL_VERSION', 'it does not speak this version'],
  ['INSUFFICIENT_SECURITY', 'what is offered is too weak for it'],
  ['UNKNOWN_CA', 'it does not know the CA of the client certificate'],
  ['CERTIFICATE_EXPIRED', 'the client certificate has expired'],
  ['CERTIFICATE_REVOKED', 'the client certificate is revoked'],
  ['BAD_CERTIFICATE', 'the client certificate is not valid'],
  ['CERTIFICATE_UNKNOWN', 'the client certificate cannot be verified'],
  ['UNSUPPORTED_CERTIFICATE', 'the client certificate is not made for clients'],
  ['BAD_RECORD_MAC', 'its key is another'],
  ['DECRYPT_ERROR', 'its key is another, or a signature is wrong'],
  ['ILLEGAL_PARAMETER', 'what is offered contradicts itself, or its pre-shared key is another'],
  ['UNKNOWN_PSK_IDENTITY', 'it does not know the identity of the pre-shared key'],
  ['ACCESS_DENIED', 'access is denied'],
]);

const unreachable: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there; start the broker or check the address'],
  ['ENOTFOUND', 'the host has no address; check its name'],
  ['EAI_AGAIN', 'the name of the host cannot be resolved now'],
  ['ETIMEDOUT', 'it cannot be reached; check address and firewall'],
  ['EHOSTUNREACH', 'it cannot be reached; check address and firewall'],
  ['ENETUNREACH', 'it cannot be reached; check address and firewall'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'it does not speak TLS'],
]);

/** Codes of a client that cannot even offer what is asked of it. */
const unavailable: ReadonlySet<string> = new Set([
  'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
  'ERR_SSL_NO_CIPHERS_AVAILABLE',
  'ERR_SSL_NO_CIPHER_MATCH',
  'ERR_SSL_LIBRARY_HAS_NO_CIPHERS',
]);

export type Failure =
  | { readonly kind: 'refused'; readonly by: 'server'; readonly reason: string }
  | { readonly kind: 'failed' | 'unavailable'; readonly reason: string };

/** Puts the end of an attempt into words. @param code of the error; undefined where the server closed without one. */
export function attemptFailure(code: string | undefined): Failure {
  if (code === undefined || code === 'ECONNRESET' || code === 'EPIPE')
    return { kind: 'refused', by: 'server', reason: 'it closes the connection; its log says why' };
  const alert = /_ALERT_([A-Z_]+)$/.exec(code)?.[1];
  if (alert !== undefined) return { kind: 'refused', by: 'server', reason: alerts.get(alert) ?? `it says ${alert}` };
  if (unavailable.has(code)) return { kind: 'unavailable', reason: 'the OpenSSL of this program cannot offer it' };
  return { kind: 'failed', reason: unreachable.get(code) ?? `the attempt ends with ${code}` };
}
