import { generateKey, type KeyType, randomSerial, type SerialSource } from '../x509/keys.ts';
import type { AltName } from '../x509/names.ts';
import { type Profile, profiles } from '../x509/profile.ts';
import type { CaRequest } from './ca-request.ts';
import { issueCertificate } from './issue.ts';
import { type Credential, type IssuingContext } from './signing.ts';

const defaultOrganization = 'Viaduct';

export interface AuthorityOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Random when left out. */
  readonly serial?: SerialSource;
}

/** Fields that every end certificate may set. Times are milliseconds since the epoch. */
export interface LeafRequest {
  readonly commonName: string;
  /** `Viaduct` when left out. */
  readonly organization?: string;
  readonly altNames?: readonly AltName[];
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Where the revocation list of its issuer is published. */
  readonly crlUrls?: readonly string[];
  /** EC P-256 when left out; unused where a key is given. */
  readonly keyType?: KeyType;
  /** PEM of an existing private key; a new one is made when left out. */
  readonly key?: string;
}

/** An end certificate in the form that `tls.createServer` and `tls.connect` take. */
export interface IssuedCertificate {
  /** PEM: the leaf, then the intermediate. */
  readonly cert: string;
  readonly key: string;
  /** PEM of the leaf alone. */
  readonly leaf: string;
}

/** A root, an intermediate below it, and what the intermediate issues. */
export interface Authority {
  readonly root: Credential;
  readonly intermediate: Credential;
  /** PEM of intermediate and root: what peers trust. */
  readonly caChain: string;
  issueServer(request: LeafRequest & { readonly altNames: readonly AltName[] }): Promise<IssuedCertificate>;
  issueClient(request: LeafRequest): Promise<IssuedCertificate>;
}

/** Makes a new root and intermediate; nothing is written anywhere. */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  const root = await createRoot(options);
  const intermediate = await createIntermediate(root, options);
  return {
    root,
    intermediate,
    caChain: caChainOf(intermediate.certificate, root.certificate),
    issueServer: (request) => issueLeaf('server', request, intermediate, options),
    issueClient: (request) => issueLeaf('client', request, intermediate, options),
  };
}

/** @param key PEM of an existing private key; a new one is made when left out. */
export const createRoot = (options: AuthorityOptions, key?: string, request: CaRequest = {}): Promise<Credential> =>
  createCa(profiles.root, 'Root CA', undefined, options, key, request);

/**
 * @param issuer the root, or an intermediate whose path length allows another below it.
 * @param key PEM of an existing private key; a new one is made when left out.
 */
export const createIntermediate = (
  issuer: Credential,
  options: AuthorityOptions,
  key?: string,
  request: CaRequest = {},
): Promise<Credential> => createCa(profiles.intermediate, 'Intermediate CA', issuer, options, key, request);

async function createCa(
  profile: Profile,
  title: string,
  issuer: Credential | undefined,
  options: AuthorityOptions,
  key: string | undefined,
  request: CaRequest,
): Promise<Credential> {
  const { organization = defaultOrganization, pathLength = profile.pathLength, keyType, commonName, ...rest } = request;
  const subject = { commonName: commonName ?? `${organization} ${title}`, organization };
  const asked = { ...rest, profile: { ...profile, pathLength }, subject };
  return issueCertificate(asked, key ?? (await generateKey(keyType)), issuer, contextOf(options));
}

/** Issues an end certificate under an intermediate. */
export async function issueLeaf(
  kind: 'server' | 'client',
  { commonName, organization = defaultOrganization, key, keyType, ...rest }: LeafRequest,
  intermediate: Credential,
  options: AuthorityOptions,
): Promise<IssuedCertificate> {
  const request = { ...rest, profile: profiles[kind], subject: { commonName, organization } };
  const issued = await issueCertificate(request, key ?? (await generateKey(keyType)), intermediate, contextOf(options));
  return { cert: issued.certificate + intermediate.certificate, key: issued.key, leaf: issued.certificate };
}

/** The bundle peers trust: intermediate first, then root; either may be missing. */
export const caChainOf = (...certificates: readonly (string | undefined)[]): string =>
  certificates
    .filter((certificate) => certificate !== undefined)
    .map((certificate) => (certificate.endsWith('\n') ? certificate : `${certificate}\n`))
    .join('');

export const contextOf = ({ now, serial }: AuthorityOptions): IssuingContext => ({
  now,
  serial: serial ?? randomSerial,
});
