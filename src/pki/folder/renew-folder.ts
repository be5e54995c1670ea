import { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { AppError } from '../../kernel/errors.ts';
import { replaceFile } from '../../kernel/files.ts';
import { contextOf, createRoot } from '../issue/authority.ts';
import { certifyKey } from '../issue/issue.ts';
import { encryptKey } from '../x509/encrypted-key.ts';
import { describeX509 } from '../x509/inspect.ts';
import { generateKey, type KeyType, publicKeyOf } from '../x509/keys.ts';
import { certificatesIn, certificatesPem, isEncryptedKey, parseCertificates } from '../x509/pem.ts';
import { type CaFolder, retiredName } from './ca-folder.ts';
import { entryOf } from './issued.ts';
import type { LedgerEntry } from './ledger.ts';
import { renewalOf, renewInFolder } from './renew.ts';

/** What a renewal did to the folder. */
export interface FolderRenewal {
  readonly entries: readonly LedgerEntry[];
  /** Absolute paths, in the order in which they were written. */
  readonly files: readonly string[];
}

export type FolderCertificate = 'server' | 'intermediate' | 'root';

/**
 * Renews a certificate of the folder in place; the one before is kept in `retired/`. A running broker notices
 * and takes it over. Old and new are both valid until the old one ends.
 * - `server`: the same names, issued by the intermediate of now.
 * - `intermediate`: also the server's certificate, and `ca-chain.pem` holds old and new.
 * - `root`: with the same key what stands below it stays as it is. With a new one the intermediate is certified by it too,
 *   and the old root certifies the new one, so that whoever trusts only the old root goes on.
 * @param newKey the type of a new key; the key stays the same when left out.
 */
export function renewFolder(folder: CaFolder, which: FolderCertificate, newKey?: KeyType): Promise<FolderRenewal> {
  if (which === 'server') return renewServer(folder, newKey);
  return which === 'intermediate' ? renewIntermediate(folder, newKey) : renewRoot(folder, newKey);
}

async function renewServer(folder: CaFolder, newKey?: KeyType): Promise<FolderRenewal> {
  const before = await requireText(folder, 'server.pem');
  const renewed = await renewInFolder(folder, before, newKey === undefined ? {} : { newKey });
  const retired = await retire(folder, 'server', before, newKey !== undefined);
  const files = await writePair(folder, 'server', renewed.cert, renewed.key);
  return { entries: [renewed.entry], files: [...retired, ...files] };
}

/** @param above PEM of what is sent along above it; what stands there now when left out. */
async function renewIntermediate(folder: CaFolder, newKey?: KeyType, above?: string): Promise<FolderRenewal> {
  const before = await requireText(folder, 'intermediate-ca.pem');
  const renewed = await renewInFolder(folder, before, newKey === undefined ? {} : { newKey });
  const retired = await retire(folder, 'intermediate-ca', before, newKey !== undefined);
  const key = await protectedKey(folder, 'intermediate-ca', renewed.key);
  const files = await writePair(
    folder,
    'intermediate-ca',
    renewed.leaf + (above ?? certificatesPem(certificatesIn(before).slice(1))),
    key,
  );
  const chain = await extendChain(folder, [renewed.leaf]);
  const server = (await folder.text('server.pem')) === undefined ? undefined : await renewServer(folder);
  return {
    entries: [renewed.entry, ...(server?.entries ?? [])],
    files: [...retired, ...files, chain, ...(server?.files ?? [])],
  };
}

async function renewRoot(folder: CaFolder, newKey?: KeyType): Promise<FolderRenewal> {
  const before = await requireText(folder, 'root-ca.pem');
  const old = await folder.signer('root-ca');
  const { subject } = renewalOf(new X509Certificate(before));
  const key = newKey === undefined ? old.key : await generateKey(newKey);
  const root = await createRoot(folder.options, key, subject);
  const { now, by } = folder.options;
  const entry = entryOf(root.certificate, { by, at: now(), issuers: [root.certificate] });
  const replaced = entryOf(before, { by: 'before the ledger', at: now(), issuers: [before] });
  await folder.ledger.change((ledger) => ({
    changes: [
      ...(ledger.has(replaced.serialNumber) ? [] : [{ type: 'issued', entry: replaced } as const]),
      { type: 'issued', entry },
      { type: 'replaced', serialNumber: replaced.serialNumber, by: entry.serialNumber },
    ],
    result: undefined,
  }));
  const retired = await retire(folder, 'root-ca', before, newKey !== undefined);
  const cross = newKey === undefined ? undefined : await crossCertificate(folder, before, root.key, old);
  const stored = newKey === undefined ? undefined : await protectedKey(folder, 'root-ca', root.key);
  const files = await writePair(folder, 'root-ca', root.certificate, stored);
  const chain = await extendChain(folder, [root.certificate]);
  if (cross === undefined) return { entries: [entry], files: [...retired, ...files, chain] };
  const below = await renewIntermediate(folder, undefined, cross);
  return { entries: [entry, ...below.entries], files: [...retired, ...files, chain, ...below.files] };
}

/** The new root as the old one certifies it: a way up for whoever trusts only the old one. */
async function crossCertificate(
  folder: CaFolder,
  before: string,
  newKey: string,
  old: { readonly certificate: string; readonly key: string },
): Promise<string> {
  const certificate = new X509Certificate(before);
  const { profile, subject } = renewalOf(certificate);
  const request = { profile: { ...profile, pathLength: 1 }, subject, notAfter: describeX509(certificate).notAfter };
  return certifyKey(request, publicKeyOf(newKey), old, contextOf(folder.options));
}

async function requireText(folder: CaFolder, name: string): Promise<string> {
  const text = await folder.text(name);
  const certificates = text === undefined ? 'is not there' : parseCertificates(text);
  if (typeof certificates !== 'string') return certificatesPem(certificates);
  throw new AppError(
    'certificate-invalid',
    `${folder.path(name)} ${certificates}; make what is missing with: viaduct pki init`,
  );
}

/** Keeps what is replaced; the key of a CA goes on signing its revocation list. */
async function retire(folder: CaFolder, name: string, pem: string, withKey: boolean): Promise<string[]> {
  await mkdir(folder.path(retiredName), { recursive: true, mode: 0o700 });
  const base = `${retiredName}/${name}-${new X509Certificate(pem).serialNumber}`;
  const key = withKey ? await folder.text(`${name}.key`) : undefined;
  if (key !== undefined) await replaceFile(folder.path(`${base}.key`), key, 0o600);
  await replaceFile(folder.path(`${base}.pem`), pem, 0o644);
  return [folder.path(`${base}.pem`), ...(key === undefined ? [] : [folder.path(`${base}.key`)])];
}

/** @param key undefined where it stays as it is. */
async function writePair(folder: CaFolder, name: string, cert: string, key: string | undefined): Promise<string[]> {
  if (key !== undefined) await replaceFile(folder.path(`${name}.key`), key, 0o600);
  await replaceFile(folder.path(`${name}.pem`), cert, 0o644);
  return [...(key === undefined ? [] : [folder.path(`${name}.key`)]), folder.path(`${name}.pem`)];
}

/** A new key is encrypted as the one before it is. */
async function protectedKey(folder: CaFolder, name: string, key: string | undefined): Promise<string | undefined> {
  if (key === undefined || !isEncryptedKey((await folder.text(`${name}.key`)) ?? '')) return key;
  const passphrase = await folder.options.passphrase?.();
  if (passphrase !== undefined) return encryptKey(key, passphrase);
  throw new AppError(
    'key-unreadable',
    `${folder.path(`${name}.key`)} is encrypted; give its passphrase for the new key`,
  );
}

/** Old and new trusted side by side: new ones first, none twice, none that has ended. */
async function extendChain(folder: CaFolder, added: readonly string[]): Promise<string> {
  const now = folder.options.now();
  const all = [...added, await folder.text('ca-chain.pem')].flatMap(certificatesIn);
  const kept = new Map(all.filter((one) => describeX509(one).notAfter >= now).map((one) => [one.fingerprint256, one]));
  await replaceFile(folder.path('ca-chain.pem'), certificatesPem([...kept.values()]), 0o644);
  return folder.path('ca-chain.pem');
}
