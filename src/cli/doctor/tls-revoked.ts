import type { X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hourMs } from '../../kernel/duration.ts';
import { messageOf } from '../../kernel/errors.ts';
import { issueLeaf } from '../../pki/issue/authority.ts';
import type { CrlSet } from '../../pki/revocation/crl-set.ts';
import { describeX509 } from '../../pki/x509/inspect.ts';
import { certificatesIn, certificatesPem, parsePrivateKey } from '../../pki/x509/pem.ts';
import { fileText } from './tls-folder.ts';
import type { Missing, PemIdentity } from './tls-material.ts';
import { type ClientFiles } from './tls-material.ts';
import type { Revocation } from './tls-revocation.ts';

/** More client certificates are not looked through. */
const maxClients = 200;
/** Life of a certificate made here. */
const lifeMs = hourMs;

export interface RevokedClientOptions {
  readonly revocation: Revocation;
  /** Looked at first; undefined: those of the folder only. */
  readonly given: ClientFiles | undefined;
  readonly commonName: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * A client that stands on a revocation list: one whose files are there, else one made with a serial number that is revoked
 * already, so that it is of no use to anybody and neither ledger nor list changes.
 */
export async function revokedClientOf(
  directory: string,
  { revocation, given, commonName, now }: RevokedClientOptions,
): Promise<PemIdentity | Missing> {
  const { crls } = revocation;
  for (const files of [...(given === undefined ? [] : [given]), ...(await clientsOf(directory))]) {
    const found = await revokedIn(files, crls, now);
    if (found !== undefined) return found;
  }
  const [certificate, key] = [
    await fileText(join(directory, 'intermediate-ca.pem')),
    await fileText(join(directory, 'intermediate-ca.key')),
  ];
  const issuer = certificatesIn(certificate)[0];
  const serialNumber = issuer && revokedSerial(crls, issuer);
  if (certificate === undefined || issuer === undefined || serialNumber === undefined)
    return { missing: `the lists in ${revocation.directory} revoke no client of ${directory}` };
  if (key === undefined)
    return {
      missing: `${directory} holds no client that is revoked, and without intermediate-ca.key none can be made`,
    };
  const { notBefore, notAfter } = describeX509(issuer);
  const times = { notBefore: Math.max(now - lifeMs, notBefore), notAfter: Math.min(now + lifeMs, notAfter) };
  try {
    const signer = { certificate, key };
    const made = await issueLeaf('client', { commonName, ...times }, signer, {
      now: () => now,
      serial: () => serialNumber,
    });
    return { leaf: made.leaf, key: made.key, issuers: certificate };
  } catch (error) {
    return { missing: `no revoked certificate can be made with intermediate-ca.key: ${messageOf(error)}` };
  }
}

/** `client-*.pem` and their keys. */
async function clientsOf(directory: string): Promise<readonly ClientFiles[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => /^client-.*\.pem$/.test(name))
    .slice(0, maxClients)
    .map((name) => ({ cert: join(directory, name), key: join(directory, name.replace(/pem$/, 'key')) }));
}

/** @returns undefined where the files say something else, or would be refused for another reason. */
async function revokedIn(files: ClientFiles, crls: CrlSet, now: number): Promise<PemIdentity | undefined> {
  const read = (file: string): Promise<string | undefined> => fileText(file).catch(() => undefined); // there may be others
  const [leaf, ...issuers] = certificatesIn(await read(files.cert));
  if (leaf === undefined || !isRevoked(crls, leaf)) return undefined;
  const { notBefore, notAfter } = describeX509(leaf);
  const key = await read(files.key);
  const privateKey = parsePrivateKey(key ?? '');
  if (now < notBefore || now >= notAfter || key === undefined || typeof privateKey === 'string') return undefined;
  if (!leaf.checkPrivateKey(privateKey)) return undefined;
  return {
    leaf: { pem: certificatesPem([leaf]), file: files.cert },
    key: { pem: key, file: files.key },
    issuers: certificatesPem(issuers),
  };
}

export const isRevoked = (crls: CrlSet, certificate: X509Certificate): boolean =>
  crls.lookup(certificate).kind === 'revoked';

/** A number of the kind that is issued here, in lower-case hex. */
function revokedSerial({ lists }: CrlSet, issuer: X509Certificate): string | undefined {
  const own = lists.find(({ signer }) => signer.publicKey.equals(issuer.publicKey));
  return [...(own?.crl.revoked.keys() ?? [])].find((one) => /^[1-7][0-9A-F](?:..){15,19}$/.test(one))?.toLowerCase();
}
