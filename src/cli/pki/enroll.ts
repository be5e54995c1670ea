import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isoTime } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { isIssuedBy } from '../../pki/check/check-parts.ts';
import { renewalOf } from '../../pki/folder/renew.ts';
import { createCsr } from '../../pki/x509/csr.ts';
import { describeX509 } from '../../pki/x509/inspect.ts';
import { generateKey, type KeyType } from '../../pki/x509/keys.ts';
import { parseSubjectAltName } from '../../pki/x509/names.ts';
import { certificatesIn, certificatesPem } from '../../pki/x509/pem.ts';
import { repeatable } from '../config-options.ts';
import { usage } from '../connection-options.ts';
import { type Io, printJson, printLine } from '../io.ts';
import {
  type DeviceIdentity,
  dropNext,
  type IdentityFiles,
  identityFiles,
  keepNextKey,
  putInPlace,
  readIdentity,
  withIssuers,
} from './enroll-files.ts';
import { type EstServer, estServerUrl, fetchCaCertificates, sendRequest } from './enroll-http.ts';
import { keyTypeOption, lifetimeMs, lifetimeOption, parsedNames, readNamedFile } from './options.ts';
import { fileBase, requireFree } from './output.ts';
import { untilText } from './report.ts';

interface Options {
  readonly server: string;
  readonly ca?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly renew?: true;
  readonly ifDue?: true;
  readonly name: string;
  readonly altName: readonly string[];
  readonly lifetime?: string;
  readonly keyType?: KeyType;
  readonly out: string;
  readonly json?: true;
}

/** `pki enroll`: what a device runs to get its certificate from a broker, and to renew it. */
export function addEnrollCommand(pki: Command, io: Io): void {
  pki
    .command('enroll')
    .description('get a certificate from a broker over https (EST), with a token; or renew it with --renew')
    .requiredOption('--server <url>', 'the broker, e.g. https://broker.example.com:8084')
    .requiredOption('--name <name>', 'name of the device: its common name, and the start of its file names')
    .option('--ca <file>', 'PEM file of the CAs of the broker (default: ca-chain.pem in --out, or the public ones)')
    .option('--token <token>', 'token of viaduct pki token create; other users of this machine may see it')
    .option('--token-file <file>', 'file that holds the token')
    .option('--renew', 'renew the certificate in --out, with a new key; the one before stays beside it as NAME.old.*')
    .option('--if-due', 'with --renew: do nothing before two thirds of its life are over')
    .addOption(repeatable('--alt-name <name>', 'alternative name: DNS:…, IP:…, email:… or URI:…; may be given again'))
    .addOption(lifetimeOption('how long it shall be valid (default: what the broker gives)'))
    .addOption(keyTypeOption('--key-type <type>', 'type of the new key (default: ec-p256)'))
    .option('-o, --out <dir>', 'folder for NAME.pem, NAME.key and ca-chain.pem', '.')
    .option('--json', 'print one JSON object')
    .action((options: Options) => enroll(io, options));
}

async function enroll(io: Io, options: Options): Promise<void> {
  const url = estServerUrl(options.server);
  if (options.lifetime !== undefined) lifetimeMs(options.lifetime);
  const directory = resolve(io.cwd, options.out);
  const files = identityFiles(directory, fileBase(options.name));
  const old = options.renew === true ? await readIdentity(files) : undefined;
  if (old === undefined)
    await requireFree([files.cert, files.key], 'renew it with --renew, or choose another folder with --out');
  else if (options.ifDue === true && !isDue(old, io.clock.now()))
    return report(io, options, files, firstOf(old.cert), false);
  const server = {
    url,
    ca: await trustedCa(io, options, files),
    ...(old === undefined
      ? { token: { userName: options.name, text: await tokenOf(io, options) } }
      : { identity: old }),
  };
  const authorities = await fetchCaCertificates(server);
  const key = await generateKey(options.keyType);
  await keepNextKey(files, directory, key);
  try {
    const operation = old === undefined ? 'simpleenroll' : 'simplereenroll';
    const leaf = checked(
      await sendRequest(server, operation, csrOf(options, key, old), options.lifetime),
      key,
      authorities,
      server,
    );
    await putInPlace(files, withIssuers(leaf, authorities), certificatesPem(authorities), old);
    report(io, options, files, leaf, true);
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'client-refused') await dropNext(files);
    throw cause;
  }
}

function csrOf({ name, altName }: Options, key: string, old: DeviceIdentity | undefined): string {
  if (old === undefined) {
    const altNames = parsedNames(altName, '--alt-name', parseSubjectAltName);
    return createCsr({ subject: { commonName: name }, altNames, extendedUses: ['clientAuth'], key });
  }
  if (altName.length > 0)
    throw usage('--alt-name: a renewal keeps the names of the certificate; enroll anew for others');
  const { subject, altNames = [] } = renewalOf(firstOf(old.cert));
  return createCsr({ subject, altNames, extendedUses: ['clientAuth'], key });
}

/** What came must be for our key and from a CA of the server, or the old one stays. */
function checked(
  certificates: readonly X509Certificate[],
  key: string,
  authorities: readonly X509Certificate[],
  { url }: EstServer,
): X509Certificate {
  const leaf = certificates.find((certificate) => certificate.checkPrivateKey(createPrivateKey(key)));
  if (leaf !== undefined && authorities.some((authority) => isIssuedBy(leaf, authority))) return leaf;
  const problem = leaf === undefined ? 'is not for the key that was sent' : 'is not from a CA that it names';
  throw new AppError('client-failed', `the certificate that ${url.host} sent ${problem}; nothing was changed`);
}

const firstOf = (pem: string): X509Certificate => {
  const [certificate] = certificatesIn(pem);
  if (certificate === undefined) throw new AppError('certificate-invalid', 'the file of the certificate holds none');
  return certificate;
};

function isDue({ cert }: DeviceIdentity, now: number): boolean {
  const { notBefore, notAfter } = describeX509(firstOf(cert));
  return now >= notBefore + ((notAfter - notBefore) * 2) / 3;
}

async function trustedCa(io: Io, { ca, renew }: Options, files: IdentityFiles): Promise<string | undefined> {
  if (ca !== undefined) return (await readNamedFile(io, ca)).toString('utf8');
  return renew === true ? (await readNamedFile(io, files.ca)).toString('utf8') : undefined;
}

async function tokenOf(io: Io, { token, tokenFile }: Options): Promise<string> {
  if (token !== undefined && tokenFile !== undefined) throw usage('give --token or --token-file, not both');
  const text =
    token ?? (tokenFile === undefined ? undefined : (await readNamedFile(io, tokenFile)).toString('utf8').trim());
  if (text !== undefined && text !== '') return text;
  throw usage('give the token with --token or --token-file; make one on the broker with: viaduct pki token create');
}

function report(io: Io, options: Options, files: IdentityFiles, certificate: X509Certificate, isNew: boolean): void {
  const { subject, serialNumber, notAfter } = describeX509(certificate);
  const { cert, key, ca } = files;
  if (options.json === true)
    printJson(io.stdout, { isNew, subject, serialNumber, notAfter: isoTime(notAfter), certificate: cert, key, ca });
  else if (isNew)
    printLine(io.stdout, `issued to ${subject}, ${untilText(notAfter, io.clock.now())}\n${cert}\n${key}\n${ca}`);
  else printLine(io.stdout, `not due yet: ${subject}, ${untilText(notAfter, io.clock.now())}`);
}
