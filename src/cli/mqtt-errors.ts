import { AppError } from '../kernel/errors.ts';
import { printable } from '../kernel/printable.ts';
import { refusedCode } from '../mqtt/refusal-words.ts';

/** What is needed to say what went wrong with a connection. */
export interface Attempt {
  /** Without credentials. */
  readonly url: string;
  /** Where the trusted certificates came from, for the advice. */
  readonly trust: string;
  readonly hasCertificate: boolean;
  readonly timeoutMs: number;
}

const untrusted: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);

const noHandshake: ReadonlySet<string> = new Set([
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
]);

/** What a server means by an alert, by the end of OpenSSL's name for it: what stands before differs from version to version. */
const refusedCertificate: ReadonlyMap<string, string> = new Map([
  ['UNKNOWN_CA', 'it does not know the CA that issued it'],
  ['CERTIFICATE_EXPIRED', 'it has expired'],
  ['CERTIFICATE_REVOKED', 'it is revoked'],
  ['BAD_CERTIFICATE', 'it is not valid for this'],
  ['CERTIFICATE_UNKNOWN', 'it cannot be verified'],
  ['UNSUPPORTED_CERTIFICATE', 'it is not made for clients'],
]);

const fail = (message: string, cause: unknown): AppError => new AppError('client-failed', message, { cause });

/** One sentence for anything that can end a connection attempt: what happened and what to do. */
export function explainFailure(cause: unknown, attempt: Attempt): AppError {
  if (cause instanceof AppError) return cause;
  const { url } = attempt;
  const code = codeOf(cause);
  if (typeof code === 'number') return refusedByServer(cause, code, url);
  return explainTls(cause, code ?? '', attempt) ?? explainNetwork(cause, code ?? '', attempt);
}

function explainTls(cause: unknown, code: string, { url, trust, hasCertificate }: Attempt): AppError | undefined {
  if (untrusted.has(code))
    return fail(`the certificate of ${url} is not signed by ${trust}; pass its CA with --ca FILE`, cause);
  if (code === 'CERT_HAS_EXPIRED') return fail(`the certificate of ${url} has expired; renew it on the server`, cause);
  if (code === 'CERT_NOT_YET_VALID')
    return fail(`the certificate of ${url} is not valid yet; check the clocks of both machines`, cause);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return fail(`the certificate of ${url} is for other host names; use one of those in --url`, cause);
  const alert = /_ALERT_([A-Z_]+)$/.exec(code)?.[1] ?? '';
  const isCertificateWanted = alert === 'CERTIFICATE_REQUIRED' || alert === 'HANDSHAKE_FAILURE';
  if (isCertificateWanted && !hasCertificate)
    return fail(`${url} asks for a client certificate; pass --cert FILE and --key FILE`, cause);
  const refusal = refusedCertificate.get(alert);
  if (refusal !== undefined && hasCertificate)
    return fail(`${url} refused the client certificate: ${refusal}; pass another with --cert and --key`, cause);
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH')
    return fail('--cert and --key do not belong together; pass the key of this certificate', cause);
  if (code.startsWith('ERR_OSSL_'))
    return fail('--cert or --key is not a PEM file that can be used; the key must have no password', cause);
  if (noHandshake.has(code))
    return fail(`${url} does not speak TLS there; check the port, or use mqtt:// or ws:// for a plain one`, cause);
  return undefined;
}

function explainNetwork(cause: unknown, code: string, { url, timeoutMs, hasCertificate }: Attempt): AppError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (code === 'ECONNREFUSED')
    return fail(`nothing accepts connections at ${url}; start the broker or check host and port`, cause);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return fail(`the host of ${url} has no address; check its name`, cause);
  if (code === 'ECONNRESET' || code === 'EPIPE' || message === closedEarly) {
    const advice = hasCertificate ? '' : ', and whether it asks for a client certificate (--cert, --key)';
    return fail(`${url} closed the connection; check that the port speaks this protocol${advice}`, cause);
  }
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return fail(`${url} cannot be reached (${code}); check host, port and firewall`, cause);
  if (message === 'connack timeout')
    return fail(`${url} did not answer within ${timeoutMs / 1_000}s; check host, port and protocol`, cause);
  const upgrade = /^Unexpected server response: (\d+)$/.exec(message);
  if (upgrade !== null)
    return fail(`${url} answers HTTP ${upgrade[1]}, not WebSocket; check the path, the default is /mqtt`, cause);
  return fail(`${url}: ${message}`, cause);
}

/** Adds what the broker says of it in its own words. They come from the network, so what steers a terminal is escaped. */
export function withBrokerWords(error: AppError, words: string): AppError {
  if (words === '' || error.details['reasonCode'] === undefined) return error;
  const message = `${error.message}; the broker says: ${printable(words)}`;
  return new AppError(error.code, message, { cause: error, details: error.details });
}

/** Marks a connection that ended without an error. */
export const closedEarly = 'closed before the answer';

const connackAdvice: ReadonlyMap<number, string> = new Map([
  [4, 'pass another -u and -P'],
  [5, 'pass a user name with -u and -P, or a client certificate with --cert and --key'],
  [0x86, 'pass another -u and -P'],
  [0x87, 'pass a user name with -u and -P, or a client certificate with --cert and --key'],
  [1, 'try -V 3.1.1'],
  [0x84, 'try -V 3.1.1'],
  [2, 'choose another client id with -i'],
  [0x85, 'choose another client id with -i'],
]);

function refusedByServer(cause: unknown, code: number, url: string): AppError {
  const text = cause instanceof Error ? cause.message.replace(/^[A-Z]\w+ (refused|error): /, '') : String(cause);
  const advice = connackAdvice.get(code);
  return new AppError('client-refused', `${url} refused: ${text}${advice === undefined ? '' : `; ${advice}`}`, {
    cause,
    details: { reasonCode: code },
  });
}

/** Of a happy-eyeballs failure, the code of its first attempt; of a SUBACK that mqtt.js hands over with its error, its own. */
function codeOf(cause: unknown): string | number | undefined {
  if (typeof cause !== 'object' || cause === null) return undefined;
  if ('packet' in cause && typeof cause.packet === 'object' && cause.packet !== null) return refusedCode(cause.packet);
  if (!('code' in cause)) return undefined;
  return typeof cause.code === 'string' || typeof cause.code === 'number' ? cause.code : undefined;
}
