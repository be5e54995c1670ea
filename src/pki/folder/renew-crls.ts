import { readCrls } from '../revocation/crl-read.ts';
import { describeX509 } from '../x509/inspect.ts';
import { type CaFolder, crlFolderName } from './ca-folder.ts';
import { type WrittenCrls, writeCrls } from './crl-write.ts';

/**
 * Writes the revocation lists of the CAs in the folder again once one of them has lived for two thirds of its time.
 * @param isNeeded lists that are not there are made too.
 * @returns what was written; undefined where nothing was due.
 */
export async function renewCrls(folder: CaFolder, isNeeded: boolean): Promise<WrittenCrls | undefined> {
  const now = folder.options.now();
  const canDecrypt = (await folder.options.passphrase?.()) !== undefined;
  for (const { name, keyState, certificate } of await folder.authorities()) {
    const hasKey = keyState === 'here' || (keyState === 'encrypted' && canDecrypt);
    if (!hasKey || describeX509(certificate).notAfter < now) continue;
    const text = await folder.text(`${crlFolderName}/${name.replace('retired/', '')}.pem`);
    if (text === undefined && !isNeeded) continue;
    const crls = readCrls(Buffer.from(text ?? ''));
    const crl = typeof crls === 'string' ? undefined : crls[0];
    const { thisUpdate, nextUpdate } = crl ?? {};
    const isDue =
      thisUpdate === undefined || nextUpdate === undefined || now > thisUpdate + ((nextUpdate - thisUpdate) * 2) / 3;
    if (isDue) return writeCrls(folder);
  }
  return undefined;
}
