import type { X509Certificate } from 'node:crypto';
import { isIssuedBy } from '../check/check-parts.ts';
import { describeX509 } from '../x509/inspect.ts';
import { certificatesIn } from '../x509/pem.ts';
import type { CaFolder, OwnCa } from './ca-folder.ts';
import type { FolderCertificate } from './renew-folder.ts';

/** When a certificate of the folder is to be renewed. */
export interface Renewable {
  readonly which: FolderCertificate;
  readonly subject: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Milliseconds since the epoch: after two thirds of its life, a little earlier by the jitter. */
  readonly dueAt: number;
  /** The key that signs it is in the folder and can be read. */
  readonly hasKey: boolean;
}

/** Renewals are spread over so much of a life. */
const jitterShare = 1 / 30;
/** A renewal that adds less than this share of the life is not worth it: its issuer ends first. */
const leastGain = 1 / 10;

/**
 * Which certificates of the folder a CA in it can renew, the highest first: what stands below is renewed under the new one.
 * What came from another CA is passed over.
 * @param random in [0, 1) for each.
 */
export async function renewables(
  folder: CaFolder,
  random: (which: FolderCertificate) => number,
): Promise<readonly Renewable[]> {
  const authorities = await folder.authorities();
  const root = authorities.find(({ name }) => name === 'root-ca');
  const intermediate = authorities.find(({ name }) => name === 'intermediate-ca');
  const server = certificatesIn(await folder.text('server.pem'))[0];
  const canDecrypt = (await folder.options.passphrase?.()) !== undefined;
  const one = (which: FolderCertificate, certificate: X509Certificate | undefined, signer: OwnCa | undefined) =>
    certificate === undefined || signer === undefined
      ? []
      : renewableOf({ which, certificate, signer, authorities, canDecrypt, random: random(which) });
  return [
    ...one('root', root?.certificate, root),
    ...one('intermediate', intermediate?.certificate, root),
    ...one('server', server, intermediate),
  ];
}

interface Candidate {
  readonly which: FolderCertificate;
  readonly certificate: X509Certificate;
  readonly signer: OwnCa;
  readonly authorities: readonly OwnCa[];
  readonly canDecrypt: boolean;
  readonly random: number;
}

function renewableOf({ which, certificate, signer, authorities, canDecrypt, random }: Candidate): Renewable[] {
  const { subject, notBefore, notAfter } = describeX509(certificate);
  const lifeMs = notAfter - notBefore;
  const isOwn = authorities.some((authority) => isIssuedBy(certificate, authority.certificate));
  const gainMs = which === 'root' ? lifeMs : describeX509(signer.certificate).notAfter - notAfter;
  if (!isOwn || gainMs < lifeMs * leastGain) return [];
  const dueAt = notBefore + Math.floor(lifeMs * (2 / 3 - jitterShare * random));
  const hasKey = signer.keyState === 'here' || (signer.keyState === 'encrypted' && canDecrypt);
  return [{ which, subject, notBefore, notAfter, dueAt, hasKey }];
}
