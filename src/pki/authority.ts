import { type Credential, type IssuingContext, issueCertificate } from './issue.ts';
import { generateKey, randomSerial, type SerialSource } from './keys.ts';
import type { AltName, SubjectName } from './names.ts';
import { profiles } from './profile.ts';

const organization = 'Viaduct';

export interface AuthorityOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Random when left out. */
  readonly serial?: SerialSource;
}

/** Fields that every end certificate may set. Times are milliseconds since the epoch. */
export interface LeafRequest {
  readonly commonName: string;
  readonly altNames?: readonly AltName[];
  readonly notBefore?: number;
  readonly notAfter?: number;
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
export async function createRoot(options: AuthorityOptions, key?: string): Promise<Credential> {
  const request = { profile: profiles.root, subject: { commonName: 'Viaduct Root CA', organization } };
  return issueCertificate(request, key ?? (await generateKey()), undefined, contextOf(options));
}

/** @param key PEM of an existing private key; a new one is made when left out. */
export async function createIntermediate(
  root: Credential,
  options: AuthorityOptions,
  key?: string,
): Promise<Credential> {
  const request = { profile: profiles.intermediate, subject: { commonName: 'Viaduct Intermediate CA', organization } };
  return issueCertificate(request, key ?? (await generateKey()), root, contextOf(options));
}

/** Issues an end certificate under an intermediate. */
export async function issueLeaf(
  kind: 'server' | 'client',
  { commonName, key, ...rest }: LeafRequest,
  intermediate: Credential,
  options: AuthorityOptions,
): Promise<IssuedCertificate> {
  const subject: SubjectName = { commonName, organization };
  const request = { ...rest, profile: profiles[kind], subject };
  const issued = await issueCertificate(request, key ?? (await generateKey()), intermediate, contextOf(options));
  return { cert: issued.certificate + intermediate.certificate, key: issued.key, leaf: issued.certificate };
}

/** The bundle peers trust: intermediate first, then root; either may be missing. */
export const caChainOf = (...certificates: readonly (string | undefined)[]): string =>
  certificates
    .filter((certificate) => certificate !== undefined)
    .map((certificate) => (certificate.endsWith('\n') ? certificate : `${certificate}\n`))
    .join('');

const contextOf = ({ now, serial }: AuthorityOptions): IssuingContext => ({ now, serial: serial ?? randomSerial });
