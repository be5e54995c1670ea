import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { AppError } from '../../kernel/errors.ts';
import { isIssuedBy } from '../../pki/check/check-parts.ts';
import { decryptKey } from '../../pki/x509/encrypted-key.ts';
import { describeX509 } from '../../pki/x509/inspect.ts';
import { certificatesIn, certificatesPem, isEncryptedKey, parsePrivateKey } from '../../pki/x509/pem.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { readCertificates } from './certificate-file.ts';
import {
  addPkiOptions,
  type KeyPassphraseOptions,
  keyPassphraseOption,
  openPki,
  type PkiOptions,
  readNamedFile,
  secretOf,
  secretOption,
} from './options.ts';
import { keyPathOf, requireFree, writeFiles } from './output.ts';

interface Options extends PkiOptions, KeyPassphraseOptions {
  readonly format: 'pem' | 'p12' | 'der';
  readonly out: string;
  readonly key?: string;
  readonly alias?: string;
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
}

/** What Java expects of a trust store by custom; it protects nothing, as the certificates in it are public. */
const trustPassword = 'changeit';

/** `pki export WHAT`: a certificate, or what is trusted, as other programs want it. */
export function addExportCommand(pki: Command, io: Io): void {
  const command = pki
    .command('export')
    .description('write a certificate with its key, or the CAs to trust, in the form that another program wants')
    .argument('<what>', 'trust (the CAs of ca-chain.pem), or the file of a certificate')
    .addOption(
      new Option('--format <format>', 'pem, p12 (PKCS#12: Java, mqtt.fx, browsers) or der')
        .choices(['pem', 'p12', 'der'])
        .makeOptionMandatory(),
    )
    .requiredOption('-o, --out <file>', 'where to write it; nothing is overwritten')
    .option('--key <file>', 'its key, for p12 (default: the file beside it that ends in .key)')
    .option('--alias <name>', 'what Java lists the key as (default: the common name)')
    .option(
      '--password-file <file>',
      `file with the password of the p12 (a trust store has ${trustPassword} without it)`,
    )
    .option('--password-env <name>', 'environment variable with that password')
    .option('--key-passphrase-file <file>', 'file with the passphrase of the key, where it is encrypted')
    .option('--key-passphrase-env <name>', 'environment variable with that passphrase');
  addPkiOptions(command).action((what: string, options: Options) => run(io, what, options));
}

async function run(io: Io, what: string, options: Options): Promise<void> {
  const out = resolve(io.cwd, options.out);
  await requireFree([out], 'choose another file with --out');
  const { folder } = await openPki(options, io);
  const isTrust = what === 'trust';
  const trusted = certificatesIn(await folder.text('ca-chain.pem'));
  if (isTrust && trusted.length === 0)
    throw new AppError(
      'certificate-invalid',
      `${folder.path('ca-chain.pem')} holds no certificates; make a CA with: viaduct pki init`,
    );
  const certificates = isTrust ? trusted : await readCertificates(io, what);
  const isKeyStore = !isTrust && options.format === 'p12';
  const content = isKeyStore
    ? await keyStore(io, what, certificates, trusted, options)
    : await plain(io, certificates, options);
  await writeFiles([{ path: out, content, isSecret: isKeyStore }]);
  const entries = certificates.map((one) => describeX509(one).subject);
  if (options.json === true)
    printJson(io.stdout, { file: out, format: options.format, holdsKey: isKeyStore, certificates: entries });
  else printLine(io.stdout, `${out}: ${isKeyStore ? 'the key and ' : ''}${entries.join('; ')}`);
}

async function plain(io: Io, certificates: readonly X509Certificate[], options: Options): Promise<Buffer | string> {
  if (options.format === 'pem') return certificatesPem(certificates);
  if (options.format === 'p12')
    return (await import('../../pki/x509/pkcs12.ts')).createTrustStore({
      certificates,
      password: (await passwordOf(io, options)) ?? trustPassword,
    });
  const [first, ...more] = certificates;
  if (first !== undefined && more.length === 0) return first.raw;
  throw new AppError(
    'usage',
    `a DER file holds one certificate, and there are ${certificates.length}; use --format pem, or name the file of one, e.g. root-ca.pem`,
  );
}

async function keyStore(
  io: Io,
  what: string,
  certificates: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  options: Options,
): Promise<Buffer> {
  const password = await passwordOf(io, options);
  if (password === undefined || password === '')
    throw new AppError(
      'usage',
      'the file will hold a private key; give its password by --password-file FILE or --password-env NAME',
    );
  const [leaf] = certificates;
  const keyName = options.key ?? keyPathOf(what);
  const key = await plainKey(io, keyName, options);
  if (leaf?.checkPrivateKey(key) !== true)
    throw new AppError(
      'certificate-mismatch',
      `${resolve(io.cwd, keyName)} is not the key of ${what}; name the right one with --key`,
    );
  const { createPkcs12 } = await import('../../pki/x509/pkcs12.ts'); // and with it the library, which the broker does without
  return createPkcs12({
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    chain: upToRoot(certificates, trusted),
    friendlyName: options.alias ?? describeX509(leaf).commonName ?? 'viaduct',
    password,
  });
}

async function plainKey(io: Io, name: string, options: Options) {
  const text = (await readNamedFile(io, name)).toString('utf8');
  const reference = keyPassphraseOption(options, io);
  const decrypted =
    isEncryptedKey(text) && reference !== undefined
      ? decryptKey(text, await secretOf(reference, io, 'the passphrase of the key'))
      : { key: text };
  const parsed = typeof decrypted === 'string' ? decrypted : parsePrivateKey(decrypted.key);
  if (typeof parsed !== 'string') return parsed;
  throw new AppError('key-unreadable', `${resolve(io.cwd, name)} ${parsed}`);
}

/** Completed by what is trusted here, so that a program that is given this one file has the whole chain. */
function upToRoot(
  certificates: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): readonly X509Certificate[] {
  const chain = [...certificates];
  for (let depth = 0; depth < 10; depth += 1) {
    const top = chain.at(-1);
    const issuer = trusted.find((one) => top !== undefined && !top.raw.equals(one.raw) && isIssuedBy(top, one));
    if (top === undefined || issuer === undefined || top.subject === top.issuer) return chain;
    chain.push(issuer);
  }
  return chain;
}

async function passwordOf(io: Io, options: Options): Promise<string | undefined> {
  const reference = secretOption(io, 'password', options.passwordFile, options.passwordEnv);
  return reference && (await secretOf(reference, io, 'the password of the file'));
}
