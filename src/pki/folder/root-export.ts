import { X509Certificate } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dayMs } from '../../kernel/duration.ts';
import { AppError, messageOf, systemCode } from '../../kernel/errors.ts';
import { createFile } from '../../kernel/files.ts';
import { readFileContent } from '../files.ts';
import { certificateName } from '../x509/certificate-name.ts';
import { partsOf } from '../x509/certificate-parts.ts';
import { createCsr } from '../x509/csr.ts';
import { generateKey } from '../x509/keys.ts';
import type { CaFolder } from './ca-folder.ts';
import { writeCrls } from './crl-write.ts';

/** The list of a root that is locked away has to count for long. */
const offlineCrlMs = 365 * dayMs;

export interface RootExport {
  /** Where the key lies now; undefined where it was not in the folder. */
  readonly key: string | undefined;
  /** The root's certificate beside it; undefined where its key is not. */
  readonly certificate: string | undefined;
  /** Request for the next certificate of the intermediate, to be signed where the root is. */
  readonly request: string;
}

/**
 * Moves the key of the root out of the folder, beside its certificate and a request of the intermediate for its renewal.
 * Where the key is elsewhere already, as that of a corporate root, only the request is made.
 * A revocation list of the root that counts for a year is made first, as nothing here can make one afterwards.
 * @param target absolute path of a folder, e.g. on a removable disk; nothing in it is overwritten.
 */
export async function exportRoot(folder: CaFolder, target: string): Promise<RootExport> {
  const stored = await folder.text('root-ca.key');
  const root = stored === undefined ? undefined : await folder.signer('root-ca'); // also checks that the key is the right one
  const request = await intermediateRequest(folder);
  await mkdir(target, { recursive: true, mode: 0o700 });
  const requestPath = join(target, 'intermediate-ca.csr');
  if (stored === undefined || root === undefined) {
    await createNew(requestPath, request, 0o644);
    return { key: undefined, certificate: undefined, request: requestPath };
  }
  await writeCrls(folder, undefined, offlineCrlMs);
  const files = { key: join(target, 'root-ca.key'), certificate: join(target, 'root-ca.pem'), request: requestPath };
  await createNew(files.key, stored, 0o600);
  await createNew(files.certificate, root.certificate, 0o644);
  await createNew(files.request, request, 0o644);
  const written = await readFileContent(files.key);
  if (written?.bytes.toString('utf8') !== stored)
    throw new AppError(
      'certificate-unwritable',
      `${files.key} does not hold what was written to it; the key stays where it was`,
    );
  await rm(folder.path('root-ca.key'));
  return files;
}

/** Makes the request by which a CA elsewhere certifies the intermediate of this folder; its key is made if it is not there. */
async function intermediateRequest(folder: CaFolder, organization = 'Viaduct'): Promise<string> {
  const pem = await folder.text('intermediate-ca.pem');
  if ((await folder.text('intermediate-ca.key')) === undefined) {
    if (pem !== undefined)
      throw new AppError('key-unreadable', `${folder.path('intermediate-ca.key')} is not there; put it back`);
    await createNew(folder.path('intermediate-ca.key'), await generateKey(), 0o600);
  }
  const newSubject = { commonName: `${organization} Intermediate CA`, organization };
  if (pem === undefined)
    return createCsr({ subject: newSubject, isCa: true, key: await folder.privateKey('intermediate-ca') });
  const { certificate, key } = await folder.signer('intermediate-ca');
  const present = certificateName(partsOf(new X509Certificate(certificate)).subject);
  const subject = {
    commonName: present.commonName ?? newSubject.commonName,
    ...(present.organization === undefined ? {} : { organization: present.organization }),
  };
  return createCsr({ subject, isCa: true, key });
}

export async function createNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await createFile(path, text, mode);
  } catch (cause) {
    const reason =
      systemCode(cause) === 'EEXIST'
        ? 'it exists, and nothing is overwritten; choose another folder'
        : messageOf(cause);
    throw new AppError('certificate-unwritable', `${path} cannot be written: ${reason}`, { cause });
  }
}
