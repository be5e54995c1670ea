import { X509Certificate } from 'node:crypto';
import { isoTime } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { isIssuedBy } from '../check/check-parts.ts';
import { caChainOf, contextOf, issueLeaf, type LeafRequest } from '../issue/authority.ts';
import { crlUrlsOf } from '../issue/ca-request.ts';
import { type CsrPolicy, judgeCsr } from '../issue/csr-checks.ts';
import { certifyKey } from '../issue/issue.ts';
import { issuingRefused } from '../issue/issuing-rules.ts';
import { type Credential } from '../issue/signing.ts';
import type { RevocationReason } from '../revocation/reasons.ts';
import { describeX509 } from '../x509/inspect.ts';
import { generateKey } from '../x509/keys.ts';
import { parseCertificates } from '../x509/pem.ts';
import type { CaFolder } from './ca-folder.ts';
import { type WrittenCrls, writeCrls } from './crl-write.ts';
import { othersOfDevice } from './device.ts';
import { entryOf } from './issued.ts';
import { applyChanges, type Ledger, type LedgerChange, type LedgerEntry } from './ledger.ts';

/** A certificate that was issued and stands in the ledger. */
export interface Issued {
  /** PEM: the certificate, then the intermediates that lead to the root. */
  readonly cert: string;
  /** PEM of the certificate alone. */
  readonly leaf: string;
  readonly entry: LedgerEntry;
}

/** Issues a certificate with a new key, or for the key in the request, under the intermediate. */
export async function issueInFolder(
  folder: CaFolder,
  kind: 'server' | 'client',
  request: LeafRequest,
): Promise<Issued & { readonly key: string }> {
  const key = request.key ?? (await generateKey(request.keyType)); // before the lock: RSA takes its time
  const asked = { crlUrls: crlUrlsOf(folder.options.crlUrl, 'intermediate-ca'), ...request, key };
  const issued = await recorded(folder, 'intermediate-ca', async (issuer) => {
    return (await issueLeaf(kind, asked, issuer, folder.options)).leaf;
  });
  return { ...issued, key };
}

/**
 * Signs a request by a policy: profile `intermediate` under the root, the others under the intermediate.
 * @param bytes PEM or DER, of anybody. @param what names it in messages.
 * @throws AppError `issuing-refused` with the rule that stands against it.
 */
export async function signInFolder(folder: CaFolder, bytes: Buffer, policy: CsrPolicy, what: string): Promise<Issued> {
  const signer = policy.profile.isCa ? 'root-ca' : 'intermediate-ca';
  const crlUrls = crlUrlsOf(folder.options.crlUrl, signer);
  const { request, publicKey } = judgeCsr(bytes, { crlUrls, ...policy }, what);
  return recorded(folder, signer, (issuer) => certifyKey(request, publicKey, issuer, contextOf(folder.options)));
}

/** Issues with every other writer of the ledger kept off, so that nothing is ever issued that does not stand in it. */
export function recorded(
  folder: CaFolder,
  signer: string,
  issue: (issuer: Credential) => Promise<string>,
  replaces?: LedgerEntry,
): Promise<Issued> {
  const { now, by } = folder.options;
  return folder.ledger.change(async (ledger) => {
    const issuer = await folder.signer(signer);
    requireUnrevoked(ledger, issuer);
    const leaf = await issue(issuer);
    const entry = entryOf(leaf, { by, at: now(), issuers: [issuer.certificate] });
    if (ledger.has(entry.serialNumber))
      throw new AppError('issuing-refused', `the serial number ${entry.serialNumber} was issued before; try again`);
    const changes: LedgerChange[] = [{ type: 'issued', entry }];
    if (replaces !== undefined) {
      if (!ledger.has(replaces.serialNumber)) changes.unshift({ type: 'issued', entry: replaces });
      changes.push({ type: 'replaced', serialNumber: replaces.serialNumber, by: entry.serialNumber });
    }
    const cert = leaf + (signer === 'root-ca' ? '' : caChainOf(issuer.certificate));
    return { changes, result: { cert, leaf, entry } };
  });
}

function requireUnrevoked(ledger: Ledger, issuer: Credential): void {
  const { serialNumber, subject } = describeX509(new X509Certificate(issuer.certificate));
  const revokedAt = ledger.get(serialNumber)?.revokedAt;
  if (revokedAt === undefined) return;
  throw issuingRefused(
    'issuer-revoked',
    `${subject} was revoked on ${isoTime(revokedAt)}, so that nothing it issues would be accepted; renew it first`,
  );
}

export interface Revoked {
  readonly entry: LedgerEntry;
  /** It had been revoked before. */
  readonly wasRevoked: boolean;
  /** The other certificates of its device that are revoked with it. */
  readonly others: readonly LedgerEntry[];
  readonly crls: WrittenCrls;
}

/** What is revoked: the device, by one of its certificates, with all that it has; or that certificate only. */
export type RevocationScope = 'device' | 'certificate';

/**
 * Revokes the certificates of a device, or one certificate, and writes the revocation lists.
 * @param which its serial number in hex, or PEM of the certificate, which need not stand in the ledger.
 * @throws AppError `verification-failed` for one that this CA has not issued, and what `writeCrls` throws.
 */
export async function revokeInFolder(
  folder: CaFolder,
  which: { readonly serialNumber: string } | { readonly pem: string },
  reason: RevocationReason,
  scope: RevocationScope = 'device',
): Promise<Revoked> {
  const adopted = 'pem' in which ? await entryOfOwn(folder, which.pem) : undefined;
  const serialNumber = 'pem' in which ? (adopted?.serialNumber ?? '') : which.serialNumber.toUpperCase();
  // The ledger first: a list that is not written is made up for by the next one, a line that is missing never
  const revoked = await folder.ledger.change((ledger) => {
    const known = ledger.get(serialNumber);
    const before = known ?? adopted;
    if (before === undefined)
      throw new AppError(
        'verification-failed',
        `no certificate with the serial number ${serialNumber.slice(0, 60)} stands in ${folder.ledger.path}; list them with: viaduct pki list, or give the file of the certificate`,
      );
    const at = folder.options.now();
    const others = (scope === 'device' ? othersOfDevice(ledger, before) : []).filter(
      ({ revokedAt, notAfter }) => revokedAt === undefined && notAfter > at,
    );
    const wasRevoked = before.revokedAt !== undefined;
    const changes: LedgerChange[] = known === undefined ? [{ type: 'issued', entry: before }] : [];
    for (const one of wasRevoked ? others : [before, ...others])
      changes.push({ type: 'revoked', serialNumber: one.serialNumber, at, reason });
    const after = applyChanges(ledger, changes);
    const now = (one: LedgerEntry): LedgerEntry => after.get(one.serialNumber) ?? one;
    return { changes, result: { entry: now(before), wasRevoked, others: others.map(now) } };
  });
  return { ...revoked, crls: await writeCrls(folder) };
}

/** The ledger's entry for a certificate that a CA of this folder issued. @throws AppError `verification-failed`. */
export async function entryOfOwn(folder: CaFolder, pem: string): Promise<LedgerEntry> {
  const certificates = parseCertificates(pem);
  if (typeof certificates === 'string')
    throw new AppError('certificate-invalid', `the file ${certificates}; give the certificate as PEM`);
  const [certificate] = certificates;
  const issuer = (await folder.authorities()).find((ca) => isIssuedBy(certificate, ca.certificate));
  const { subject, issuer: name, serialNumber, notBefore } = describeX509(certificate);
  if (issuer === undefined)
    throw new AppError(
      'verification-failed',
      `${subject} was issued by ${name}, not by a CA in ${folder.options.directory}; ask that CA`,
    );
  const known = (await folder.ledger.read()).get(serialNumber);
  return known ?? entryOf(certificate.toString(), { by: 'before the ledger', at: notBefore, issuers: [issuer.pem] });
}
