import { createHash, type X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { AppError } from '../kernel/errors.ts';
import type { CaFolder } from '../pki/folder/ca-folder.ts';
import { crlFolderName } from '../pki/folder/ca-folder.ts';
import { type CertificateSet, ensureCertificates } from '../pki/folder/ensure.ts';
import { type CrlSet, issuingSubjects, loadCrls } from '../pki/revocation/crl-set.ts';
import type { CertificatesOptions } from '../pki/schema.ts';
import { certificatesIn, distinctCertificates } from '../pki/x509/pem.ts';
import type { TlsMaterial } from '../transport/tls/material.ts';
import { type RevocationCheck, revocationCheck } from '../transport/tls/revocation.ts';
import { type CertificateInUse, certificatesInUse } from './expiry.ts';
import { type ListenerFiles, noListenerFiles } from './listener-files.ts';
import type { Stapleable } from './staple.ts';
import { noStapling, stapleable } from './stapleable.ts';

/** Everything that listeners take over at once. */
export interface LoadedCertificates {
  readonly set: CertificateSet;
  /** Undefined where revocation is off. */
  readonly crls: CrlSet | undefined;
  readonly material: TlsMaterial;
  /** Those of it that OCSP responses are kept for. */
  readonly stapleable: readonly Stapleable[];
  /** What listeners show and trust now. */
  readonly inUse: readonly CertificateInUse[];
  /** Equal where nothing has changed that listeners would see. */
  readonly stamp: string;
  readonly warnings: readonly string[];
}

/**
 * Reads the folder: certificate, trust anchors and revocation lists. What is missing and can be made is made.
 * @throws AppError that names the file, what is wrong with it and what to do.
 */
export async function loadCertificates(
  options: CertificatesOptions,
  folder: CaFolder,
  listenerFiles: ListenerFiles = noListenerFiles,
): Promise<LoadedCertificates> {
  const { directory, now } = folder.options;
  const { names, crlUrl, revocation } = options;
  const ca = { passphrase: await folder.options.passphrase?.() };
  const set = await ensureCertificates({ directory, names, crlUrl, hostname: hostname(), now, ca });
  const { cert, key, clientCa } = set;
  const { own } = listenerFiles;
  const inUse = certificatesInUse(set, listenerFiles.certificates);
  const files = { cert, key, clientCa, own, closesExpired: options.closeExpired };
  const ocsp = options.stapling.mode === 'off' ? noStapling : stapleable(files);
  const common = { set, inUse, stapleable: ocsp.certificates };
  const found = [...set.warnings, ...listenerFiles.warnings, ...ocsp.warnings];
  if (revocation.mode === 'off')
    return { ...common, crls: undefined, material: files, stamp: stampOf(set, listenerFiles, []), warnings: found };
  const anchors = distinctCertificates([...certificatesIn(clientCa), ...certificatesIn(listenerFiles.anchors)]);
  const more = await authoritiesOf(folder);
  const authorities = distinctCertificates([...anchors, ...more.authorities]);
  const crls = await loadCrls({ directory: folder.path(crlFolderName), authorities, now: now() });
  const lists = crls.lists.map(({ crl }) => crl.pem);
  return {
    ...common,
    crls,
    material: { ...files, revocation: checkOf(crls, authorities, anchors, revocation) },
    stamp: stampOf(set, listenerFiles, lists),
    warnings: [...found, ...more.warnings, ...crls.warnings, ...uncovered(crls, anchors, revocation.mode)],
  };
}

/** CAs that stand in the folder and may not be among the anchors. One that was retired and is damaged stops nothing. */
async function authoritiesOf(
  folder: CaFolder,
): Promise<{ readonly authorities: readonly X509Certificate[]; readonly warnings: readonly string[] }> {
  try {
    return { authorities: (await folder.authorities()).map(({ certificate }) => certificate), warnings: [] };
  } catch (problem) {
    if (!(problem instanceof AppError)) throw problem;
    return { authorities: [], warnings: [problem.message] };
  }
}

const checkOf = (
  { lists }: CrlSet,
  authorities: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  { mode, closeRevoked }: CertificatesOptions['revocation'],
): RevocationCheck =>
  revocationCheck({ lists, authorities, anchors, isStrict: mode === 'fail-closed', closesOpen: closeRevoked });

/** A strict check refuses every client of these CAs. */
function uncovered(
  { missing }: CrlSet,
  anchors: readonly X509Certificate[],
  mode: CertificatesOptions['revocation']['mode'],
): string[] {
  if (mode !== 'fail-closed') return [];
  return issuingSubjects(anchors)
    .filter((subject) => missing.includes(subject))
    .map(
      (subject) =>
        `there is no current revocation list of "${subject}", so all its clients are refused (certificates.revocation.mode is fail-closed); make it with: viaduct pki crl, or put the list of that CA into the folder ${crlFolderName}`,
    );
}

const stampOf = ({ cert, key, clientCa }: CertificateSet, { own }: ListenerFiles, lists: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([cert, key, clientCa, [...own], ...lists]))
    .digest('hex');
