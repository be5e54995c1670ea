import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../pki/issue/authority.ts';
import { describeX509 } from '../../pki/x509/inspect.ts';
import { certificatesIn, certificatesPem } from '../../pki/x509/pem.ts';
import type { ClientIdentity, PemFile } from './tls-client.ts';
import { certificatesInPem, expiredClientOf, readClient, readServerName, readTrust } from './tls-folder.ts';
import type { Missing, PemIdentity } from './tls-material.ts';
import { type ClientFiles } from './tls-material.ts';
import type { Revocation } from './tls-revocation.ts';
import { isRevoked, revokedClientOf } from './tls-revoked.ts';

/** What the checks need: the CA files of the server's clients, and certificates good and bad. */
export interface TlsFiles extends AsyncDisposable {
  /** Temporary folder of what was made; goes with the object. */
  readonly directory: string;
  /** Leaves the folder in place from here on. */
  keep(): void;
  /** Everything that clients trust; undefined: the public CAs. */
  readonly trust: PemFile | undefined;
  /** The one who asks has said what to trust, and not the folder. */
  readonly isTrustGiven: boolean;
  /** The same of the client certificate. */
  readonly isClientGiven: boolean;
  readonly root: PemFile | Missing;
  readonly intermediate: PemFile | Missing;
  /** A CA that signed nothing here. */
  readonly otherCa: PemFile;
  /** With intermediates where there are any. */
  readonly client: ClientIdentity | Missing;
  /** Of the other CA. */
  readonly otherClient: ClientIdentity;
  readonly expiredClient: ClientIdentity | Missing;
  /** Undefined where no listener of the configuration goes by revocation lists. */
  readonly revokedClient: ClientIdentity | Missing | undefined;
  /** Name to verify the server by where nothing else is said. */
  readonly serverName: string;
}

export interface TlsFilesOptions {
  /** Folder with `ca-chain.pem`, `client-demo.*` and, where the CA is kept there, `intermediate-ca.key`. */
  readonly directory: string;
  /** Absolute path of a PEM bundle to trust instead of the folder's. */
  readonly ca: string | undefined;
  /** The client certificate to show instead of the folder's. */
  readonly client: ClientFiles | undefined;
  /** What its listeners know of revoked clients. */
  readonly revocation: Revocation | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Reads the folder and makes the rest in a temporary one, which goes with the object. */
export async function prepareTlsFiles(options: TlsFilesOptions): Promise<TlsFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'viaduct-doctor-'));
  let isKept = false;
  const keep = (): void => {
    isKept = true;
  };
  const dispose = async (): Promise<void> => {
    if (!isKept) await rm(directory, { recursive: true, force: true });
  };
  try {
    const put = async (name: string, pem: string): Promise<PemFile> => {
      const file = join(directory, name);
      await writeFile(file, pem, { mode: 0o600 });
      return { pem, file };
    };
    const given = { isTrustGiven: options.ca !== undefined, isClientGiven: options.client !== undefined };
    return { directory, keep, ...given, ...(await contentOf(options, put)), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Writes into the temporary folder. */
type Put = (name: string, pem: string) => Promise<PemFile>;

async function contentOf(
  { directory, ca, client, revocation, now }: TlsFilesOptions,
  put: Put,
): Promise<Omit<TlsFiles, 'directory' | 'keep' | 'isTrustGiven' | 'isClientGiven' | keyof AsyncDisposable>> {
  const trust = await readTrust(directory, ca);
  const anchors = trust === undefined ? [] : certificatesInPem(trust);
  const select = async (what: 'root' | 'intermediate'): Promise<PemFile | Missing> => {
    const chosen = anchors.filter((certificate) => describeX509(certificate).isSelfIssued === (what === 'root'));
    if (chosen.length === 0) return { missing: `${trust?.file ?? 'the set of public CAs'} holds no ${what}` };
    return put(`${what}.pem`, certificatesPem(chosen));
  };
  const identity = async (name: string, { leaf, key, issuers }: PemIdentity): Promise<ClientIdentity> => ({
    leaf: typeof leaf === 'string' ? await put(`${name}.pem`, leaf) : leaf,
    key: typeof key === 'string' ? await put(`${name}.key`, key) : key,
    ...(issuers === '' ? {} : { intermediates: await put(`${name}-issuer.pem`, issuers) }),
  });
  const orMissing = (name: string, found: PemIdentity | Missing): Promise<ClientIdentity | Missing> =>
    'missing' in found ? Promise.resolve(found) : identity(name, found);
  const revoked = revocation && { revocation, given: client, commonName, now: now() };
  const other = await createAuthority({ now });
  const otherClient = await other.issueClient({ commonName });
  return {
    trust,
    root: await select('root'),
    intermediate: await select('intermediate'),
    otherCa: await put('other-ca.pem', other.root.certificate),
    client: await orMissing('client', await goodClientOf(directory, client, revocation)),
    otherClient: await identity('other-client', {
      leaf: otherClient.leaf,
      key: otherClient.key,
      issuers: other.intermediate.certificate,
    }),
    expiredClient: await orMissing('expired-client', await expiredClientOf(directory, commonName, now())),
    revokedClient: revoked && (await orMissing('revoked-client', await revokedClientOf(directory, revoked))),
    serverName: await readServerName(directory),
  };
}

/** What the operator has revoked is refused for good reason, so that with it nothing else can be tried. */
async function goodClientOf(
  directory: string,
  given: ClientFiles | undefined,
  revocation: Revocation | undefined,
): Promise<PemIdentity | Missing> {
  const client = await readClient(directory, given);
  if (given !== undefined || revocation === undefined || 'missing' in client) return client;
  const [leaf] = certificatesIn(typeof client.leaf === 'string' ? client.leaf : client.leaf.pem);
  return leaf !== undefined && isRevoked(revocation.crls, leaf)
    ? { missing: `${join(directory, 'client-demo.pem')} is revoked; pass a client certificate with --cert and --key` }
    : client;
}

/** Common name of the certificates made here. */
const commonName = 'viaduct-doctor';
