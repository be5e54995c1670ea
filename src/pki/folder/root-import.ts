import type { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { isoTime } from '../../kernel/clock.ts';
import { AppError, messageOf } from '../../kernel/errors.ts';
import { replaceFile } from '../../kernel/files.ts';
import { isSelfSigned } from '../check/chain.ts';
import { isIssuedBy } from '../check/check-parts.ts';
import { caChainOf } from '../issue/authority.ts';
import { hasCaFlag, maySignCertificates, partsOf } from '../x509/certificate-parts.ts';
import { describeX509 } from '../x509/inspect.ts';
import { keyProblem } from '../x509/keys.ts';
import { certificatesIn, certificatesPem, isEncryptedKey, parseCertificates, parsePrivateKey } from '../x509/pem.ts';
import { holdsPem } from '../x509/pem-blocks.ts';
import { type CaFolder, retiredName } from './ca-folder.ts';
import { entryOf } from './issued.ts';
import { createNew } from './root-export.ts';

export interface ImportedRoot {
  readonly kind: 'root key' | 'root certificate' | 'intermediate certificate';
  readonly subject: string;
  readonly files: readonly string[];
}

/**
 * Takes one file in: the key of the root, the certificate of a root, or the intermediate's certificate as it was signed
 * elsewhere. What it is, it says itself; what does not fit to the rest is refused and changes nothing.
 * @param text PEM. @param what names it in messages.
 */
export async function importIntoFolder(folder: CaFolder, text: string, what: string): Promise<ImportedRoot> {
  if (holdsPem(text, 'PRIVATE KEY')) return importRootKey(folder, text, what);
  const certificates = parseCertificates(text);
  if (typeof certificates === 'string')
    throw new AppError('certificate-invalid', `${what} ${certificates}; give a PEM file`);
  const [first] = certificates;
  const { subject, notAfter, notBefore } = describeX509(first);
  const now = folder.options.now();
  const problem =
    signingProblem(first) ??
    (now > notAfter ? `expired on ${isoTime(notAfter)}` : undefined) ??
    (now < notBefore ? `is not valid before ${isoTime(notBefore)}; check the clock` : undefined) ??
    keyProblem(first.publicKey);
  if (problem !== undefined)
    throw new AppError('certificate-invalid', `${what} (${subject}) ${problem}; nothing was imported`);
  return isSelfSigned(first) ? importRoot(folder, first, what) : importIntermediate(folder, certificates, what);
}

function signingProblem(ca: X509Certificate): string | undefined {
  try {
    const parts = partsOf(ca);
    if (!hasCaFlag(parts)) return 'is no CA certificate';
    return maySignCertificates(parts)
      ? undefined
      : 'may not sign certificates (key usage without keyCertSign); have it certified again with that';
  } catch (cause) {
    return `is malformed (${messageOf(cause)})`;
  }
}

/** The root of the folder. @throws AppError where there is none, or it is damaged. */
async function rootOf(folder: CaFolder): Promise<X509Certificate> {
  const root = (await folder.authorities()).find(({ name }) => name === 'root-ca');
  if (root !== undefined) return root.certificate;
  throw new AppError(
    'certificate-invalid',
    `${folder.path('root-ca.pem')} is not there; import the root's certificate first`,
  );
}

async function importRootKey(folder: CaFolder, text: string, what: string): Promise<ImportedRoot> {
  const root = await rootOf(folder);
  const { subject } = describeX509(root);
  if (!isEncryptedKey(text)) {
    const key = parsePrivateKey(text);
    if (typeof key === 'string') throw new AppError('key-unreadable', `${what} ${key}`);
    if (!root.checkPrivateKey(key))
      throw new AppError('certificate-mismatch', `${what} is not the key of ${subject}; nothing was imported`);
  }
  await createNew(folder.path('root-ca.key'), text, 0o600);
  return { kind: 'root key', subject, files: [folder.path('root-ca.key')] };
}

async function importRoot(folder: CaFolder, root: X509Certificate, what: string): Promise<ImportedRoot> {
  const { subject } = describeX509(root);
  const present = (await folder.authorities()).find(({ name }) => name === 'root-ca');
  if (present !== undefined && !present.certificate.publicKey.equals(root.publicKey))
    throw new AppError(
      'certificate-mismatch',
      `${folder.path('root-ca.pem')} is another root than ${what} (${subject}); renew it with viaduct pki renew root, or use another folder`,
    );
  await replaceFile(folder.path('root-ca.pem'), root.toString(), 0o644);
  return { kind: 'root certificate', subject, files: [folder.path('root-ca.pem')] };
}

async function importIntermediate(
  folder: CaFolder,
  certificates: readonly [X509Certificate, ...X509Certificate[]],
  what: string,
): Promise<ImportedRoot> {
  const [first] = certificates;
  const { subject } = describeX509(first);
  const root = await rootOf(folder);
  const above = certificates.filter((one) => !isSelfSigned(one));
  const gap = above.find((one, index) => !isIssuedBy(one, above[index + 1] ?? root));
  if (gap !== undefined)
    throw new AppError(
      'certificate-mismatch',
      `${what}: ${describeX509(gap).subject} was not issued by ${describeX509(root).subject}, the root here, but by ${describeX509(gap).issuer}; have the request signed by that root`,
    );
  await requireOwnKey(folder, first, what);
  const old = (await folder.authorities()).find(({ name }) => name === 'intermediate-ca');
  if (old !== undefined && !old.certificate.raw.equals(first.raw)) {
    await mkdir(folder.path(retiredName), { recursive: true, mode: 0o700 });
    await replaceFile(
      folder.path(`${retiredName}/intermediate-ca-${old.certificate.serialNumber}.pem`),
      old.pem,
      0o644,
    );
  }
  const { now, by } = folder.options;
  const entry = entryOf(first.toString(), { by, at: now(), issuers: [root.toString()] });
  await folder.ledger.change((ledger) => ({
    changes: ledger.has(entry.serialNumber) ? [] : [{ type: 'issued', entry }],
    result: undefined,
  }));
  await replaceFile(folder.path('intermediate-ca.pem'), certificatesPem(above), 0o644);
  const chain = new Map([...above, root].map((one) => [one.fingerprint256, one.toString()]));
  for (const one of certificatesIn(await folder.text('ca-chain.pem'))) chain.set(one.fingerprint256, one.toString());
  await replaceFile(folder.path('ca-chain.pem'), caChainOf(...chain.values()), 0o644);
  return {
    kind: 'intermediate certificate',
    subject,
    files: [folder.path('intermediate-ca.pem'), folder.path('ca-chain.pem')],
  };
}

async function requireOwnKey(folder: CaFolder, certificate: X509Certificate, what: string): Promise<void> {
  const key = await folder.text('intermediate-ca.key');
  const refuse = (reason: string): never => {
    throw new AppError(
      'certificate-mismatch',
      `${what} (${describeX509(certificate).subject}) ${reason}; nothing was imported`,
    );
  };
  if (key === undefined) return refuse('is of a key that is not here; make a request with: viaduct pki root export');
  if (isEncryptedKey(key)) {
    const present = (await folder.authorities()).find(({ name }) => name === 'intermediate-ca');
    if (present?.certificate.publicKey.equals(certificate.publicKey) === true) return;
    return refuse('is not of the key of the intermediate here');
  }
  const parsed = parsePrivateKey(key);
  if (typeof parsed === 'string' || !certificate.checkPrivateKey(parsed))
    return refuse('is not of the key in intermediate-ca.key; have the request of this folder signed');
}
