import { replaceFile } from '../../kernel/files.ts';
import { describeX509 } from '../x509/inspect.ts';
import { certificatesIn, certificatesPem } from '../x509/pem.ts';
import type { CaFolder } from './ca-folder.ts';

/**
 * Takes CAs out of `ca-chain.pem` that were replaced longer than the overlap ago, or were replaced and have ended.
 * @param overlapMs Infinity: only those that have ended.
 * @returns their subjects; none where nothing was to be done.
 */
export async function endOverlap(folder: CaFolder, overlapMs: number): Promise<readonly string[]> {
  const trusted = certificatesIn(await folder.text('ca-chain.pem'));
  const ledger = await folder.ledger.read();
  const now = folder.options.now();
  const over = trusted.filter((certificate) => {
    const { serialNumber, notAfter } = describeX509(certificate);
    const successor = ledger.get(ledger.get(serialNumber)?.replacedBy ?? '');
    return successor !== undefined && (successor.issuedAt + overlapMs <= now || notAfter < now);
  });
  if (over.length === 0 || over.length === trusted.length) return [];
  await replaceFile(
    folder.path('ca-chain.pem'),
    certificatesPem(trusted.filter((certificate) => !over.includes(certificate))),
    0o644,
  );
  return over.map((certificate) => describeX509(certificate).subject);
}
