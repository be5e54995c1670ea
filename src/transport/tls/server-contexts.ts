import { constants, createHash, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { AppError } from '../../kernel/errors.ts';
import { certificateNames } from './certificate-names.ts';
import { knownGroups } from './groups.ts';
import type { TlsMaterial } from './material.ts';
import type { NamedPair, OwnMaterial, ServerChoice } from './own-certificates.ts';
import { defaultTlsPolicy, type TlsPolicy } from './policy.ts';
import { byServerName } from './server-names.ts';

/** What sessions of a context have in common. */
export interface TlsSessions {
  /**
   * `sessionScope`, at most 32 characters: without one OpenSSL refuses to resume sessions with client certificates.
   */
  readonly sessionScope: string;
  /** At most 604,800 (RFC 8446 4.6.1): older ones are not resumed. */
  readonly sessionSeconds: number;
  /** Whether there are tickets at all; on when left out. */
  readonly resumes?: boolean;
}

/**
 * What sessions must have in common to resume one another: nothing where clients show no certificate, and all that
 * clients are trusted by where they do, so that a session never outlives the trust it began with.
 * @returns 32 characters.
 */
export function sessionScope({ clientCa, revocation }: TlsMaterial, asksForCertificate: boolean): string {
  const shared = asksForCertificate ? JSON.stringify({ clientCa, revoked: revocation?.scope }) : 'one-way';
  return createHash('sha256').update(shared).digest('hex').slice(0, 32);
}

/** The TLS side of a server. */
export const serverContext = (
  { cert, key, alternative, clientCa }: ServerChoice & Pick<TlsMaterial, 'clientCa'>,
  sessions: TlsSessions,
  policy: TlsPolicy = defaultTlsPolicy,
): SecureContext =>
  createSecureContext({
    // of several OpenSSL takes the first that the client can verify, in the order of its signature algorithms
    cert: alternative === undefined ? cert : [cert, alternative.cert],
    key: alternative === undefined ? key : [key, alternative.key],
    ca: clientCa,
    allowPartialTrustChain: true, // an intermediate in clientCa is an anchor of its own
    minVersion: policy.minVersion,
    ciphers: policy.ciphers,
    ecdhCurve: knownGroups(policy.groups),
    honorCipherOrder: true,
    // a client that wants ChaCha20 first has no hardware for AES and gets it
    secureOptions:
      constants.SSL_OP_NO_RENEGOTIATION |
      constants.SSL_OP_PRIORITIZE_CHACHA |
      (sessions.resumes === false ? constants.SSL_OP_NO_TICKET : 0), // Node keeps no sessions by itself
    sessionIdContext: sessions.sessionScope,
    sessionTimeout: sessions.sessionSeconds,
  });

/** What Node asks for the context of a server name. */
export type ChooseContext = (servername: string, done: (error: Error | null, context?: SecureContext) => void) => void;

/** Made once for each set of certificates, not for each connection. */
export interface ServerContexts {
  /** For clients that ask for no name, or for one that is not known. */
  readonly byDefault: SecureContext;
  /** Undefined where there is but one certificate, so that a handshake does not ask at all. */
  readonly choose: ChooseContext | undefined;
}

export function serverContexts(
  material: TlsMaterial & Pick<OwnMaterial, 'named' | 'alternative'>,
  sessions: TlsSessions,
  policy: TlsPolicy,
): ServerContexts {
  const byDefault = serverContext(material, sessions, policy);
  if (material.named.length === 0) return { byDefault, choose: undefined };
  const { clientCa } = material;
  const find = byServerName(
    material.named.map((pair) => ({
      names: namesOf(pair),
      // Node takes the trust anchors from it too
      value: isSame(pair, material) ? undefined : serverContext({ ...pair, clientCa }, sessions, policy),
    })),
  );
  // from Node 24 on a context that is handed over shows one of its two certificates, so that of the listener stays
  return { byDefault, choose: (servername, done) => done(null, find(servername)) };
}

/** Whether a name is shown what the listener shows anyway. */
const isSame = (one: ServerChoice, other: ServerChoice): boolean =>
  one.cert === other.cert && one.key === other.key && one.alternative?.cert === other.alternative?.cert;

/** @throws AppError `certificate-invalid` where neither the configuration nor the certificate has a name. */
export function namesOf({ names, cert }: NamedPair): readonly string[] {
  const found = names ?? certificateNames(new X509Certificate(cert)).dnsNames.map((name) => name.toLowerCase());
  if (found.length > 0) return found;
  throw new AppError('certificate-invalid', 'there is no DNS name in it; give `names` with it, or another certificate');
}
