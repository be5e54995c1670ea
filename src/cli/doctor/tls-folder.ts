import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { hourMs, minuteMs } from '../../kernel/duration.ts';
import { AppError, messageOf, reasonOf } from '../../kernel/errors.ts';
import { readFileContent } from '../../pki/files.ts';
import { issueLeaf } from '../../pki/issue/authority.ts';
import { describeX509 } from '../../pki/x509/inspect.ts';
import { certificatesPem, parseCertificates, parsePrivateKey } from '../../pki/x509/pem.ts';
import { usage } from '../connection-options.ts';
import type { PemFile } from './tls-client.ts';
import type { ClientFiles, Missing, PemIdentity } from './tls-material.ts';

/** The bundle that clients trust. @param ca path of `--ca`, else that of the folder. @returns undefined where there is none. */
export async function readTrust(directory: string, ca: string | undefined): Promise<PemFile | undefined> {
  const file = ca ?? join(directory, 'ca-chain.pem');
  const pem = await fileText(file);
  if (pem === undefined && ca !== undefined) throw usage(`--ca: ${file} cannot be read: there is no such file`);
  return pem === undefined ? undefined : { pem, file };
}

/** The client certificate to show. @param given paths of `--cert` and `--key`, else the demo client of the folder. */
export async function readClient(directory: string, given: ClientFiles | undefined): Promise<PemIdentity | Missing> {
  const files = given ?? { cert: join(directory, 'client-demo.pem'), key: join(directory, 'client-demo.key') };
  const [cert, key] = [await fileText(files.cert), await fileText(files.key)];
  if (cert === undefined || key === undefined) {
    const missing = `${cert === undefined ? files.cert : files.key} does not exist; pass a client certificate with --cert and --key`;
    if (given !== undefined) throw usage(missing);
    return { missing };
  }
  const [leaf, ...issuers] = certificatesInPem({ pem: cert, file: files.cert });
  const privateKey = parsePrivateKey(key);
  if (typeof privateKey === 'string') throw usage(`${files.key} ${privateKey}`);
  if (leaf?.checkPrivateKey(privateKey) !== true)
    throw usage(`${files.key} is not the key of ${files.cert}; pass the one that was made with it`);
  return {
    leaf: { pem: certificatesPem(leaf === undefined ? [] : [leaf]), file: files.cert }, // openssl takes the first of a file
    key: { pem: key, file: files.key },
    issuers: certificatesPem(issuers),
  };
}

/** A client certificate of the folder's CA that ended a minute ago; it is never valid. */
export async function expiredClientOf(
  directory: string,
  commonName: string,
  now: number,
): Promise<PemIdentity | Missing> {
  const file = join(directory, 'intermediate-ca.key');
  const [certificate, key] = [await fileText(join(directory, 'intermediate-ca.pem')), await fileText(file)];
  if (certificate === undefined || key === undefined)
    return { missing: `without intermediate-ca.pem and its key in ${directory} no expired certificate can be made` };
  const [issuer] = certificatesInPem({ pem: certificate, file: join(directory, 'intermediate-ca.pem') });
  const notAfter = now - minuteMs;
  const notBefore = Math.max(notAfter - hourMs, issuer === undefined ? 0 : describeX509(issuer).notBefore);
  try {
    const request = { commonName, notBefore, notAfter };
    const { leaf, key: clientKey } = await issueLeaf('client', request, { certificate, key }, { now: () => now });
    return { leaf, key: clientKey, issuers: certificate };
  } catch (error) {
    return { missing: `no expired certificate can be made with ${file}: ${messageOf(error)}` };
  }
}

/** The name by which the server's certificate is verified: `localhost` where it has that, else its first. */
export async function readServerName(directory: string): Promise<string> {
  const pem = await fileText(join(directory, 'server.pem'));
  const certificates = pem === undefined ? 'missing' : parseCertificates(pem);
  const names = typeof certificates === 'string' ? [] : describeX509(certificates[0]).names;
  return names.find((name) => name === 'localhost') ?? names.find((name) => !name.startsWith('*.')) ?? 'localhost';
}

/** @throws AppError usage where the file holds none */
export function certificatesInPem({ pem, file }: PemFile): readonly X509Certificate[] {
  const certificates = parseCertificates(pem);
  if (typeof certificates === 'string') throw usage(`${file} ${certificates}`);
  return certificates;
}

/** @returns undefined where there is no such file. @throws AppError usage where it cannot be read. */
export async function fileText(file: string): Promise<string | undefined> {
  try {
    return (await readFileContent(file))?.bytes.toString('utf8');
  } catch (cause) {
    throw new AppError('usage', `${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
