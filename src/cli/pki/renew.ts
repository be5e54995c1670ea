import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { AppError } from '../../kernel/errors.ts';
import { replaceFile } from '../../kernel/files.ts';
import type { CaFolder } from '../../pki/folder/ca-folder.ts';
import type { FolderRenewal } from '../../pki/folder/renew-folder.ts';
import { encryptKey } from '../../pki/x509/encrypted-key.ts';
import { type KeyType, keyTypes } from '../../pki/x509/keys.ts';
import { certificatesPem, parseCertificates } from '../../pki/x509/pem.ts';
import { type Io, printJson, printLine } from '../io.ts';
import {
  addSigningOptions,
  endOf,
  type KeyPassphraseOptions,
  lifetimeOption,
  newKeyPassphrase,
  newKeyType,
  openPki,
  readNamedFile,
  type SigningOptions,
} from './options.ts';
import { keyPathOf } from './output.ts';
import { entryJson, untilText } from './report.ts';

interface Options extends SigningOptions, KeyPassphraseOptions {
  readonly newKey?: KeyType | true;
  readonly lifetime?: string;
}

const inFolder = ['server', 'intermediate', 'root'] as const;

/** `pki renew WHAT`: the same certificate with a new life, in its place. */
export function addRenewCommand(pki: Command, io: Io): void {
  const command = pki
    .command('renew')
    .description('issue a certificate again with a new life; the one before stays valid until it ends')
    .argument('<what>', 'server, intermediate, root, or the file of a certificate that was issued here')
    .addOption(new Option('--new-key [type]', 'make a new key too (default: ec-p256)').choices(keyTypes))
    .addOption(lifetimeOption('how long it is valid; for a file only'))
    .option('--key-passphrase-file <file>', 'encrypt the new key with the passphrase in this file; for a file only')
    .option('--key-passphrase-env <name>', 'encrypt it with the passphrase in this environment variable');
  addSigningOptions(command).action((what: string, options: Options) => renew(io, what, options));
}

async function renew(io: Io, what: string, options: Options): Promise<void> {
  const { folder } = await openPki(options, io);
  const named = inFolder.find((name) => name === what);
  const { renewFolder } = await import('../../pki/folder/renew-folder.ts'); // and with it the X.509 libraries
  const { entries, files } =
    named === undefined
      ? await renewFile(io, folder, what, options)
      : await renewFolder(folder, named, newKeyType(options.newKey));
  if (options.json === true) {
    printJson(io.stdout, { renewed: entries.map(entryJson), files });
    return;
  }
  for (const { subject, notAfter } of entries)
    printLine(io.stdout, `renewed ${subject}, ${untilText(notAfter, folder.options.now())}`);
  for (const file of files) printLine(io.stdout, file);
  if (named !== undefined) printLine(io.stdout, 'a running broker notices it and takes it over');
}

/** Replaces a certificate, and its key beside it where a new one is made; both are kept as FILE.old and KEY.old. */
async function renewFile(io: Io, folder: CaFolder, what: string, options: Options): Promise<FolderRenewal> {
  const path = resolve(io.cwd, what);
  const before = (await readNamedFile(io, what)).toString('utf8');
  const certificates = parseCertificates(before);
  if (typeof certificates === 'string') throw new AppError('certificate-invalid', `${path} ${certificates}`);
  const passphrase = await newKeyPassphrase(options, io);
  const newKey = newKeyType(options.newKey);
  const keyPath = keyPathOf(path);
  const oldKey = newKey === undefined ? undefined : await readNamedFile(io, keyPath);
  const { renewInFolder } = await import('../../pki/folder/renew.ts');
  const renewed = await renewInFolder(folder, certificatesPem(certificates), {
    ...(newKey === undefined ? {} : { newKey }),
    ...endOf(options.lifetime, folder.options.now()),
  });
  const files = [`${path}.old`, path];
  await replaceFile(`${path}.old`, before, 0o644);
  if (renewed.key !== undefined && oldKey !== undefined) {
    await replaceFile(`${keyPath}.old`, oldKey, 0o600);
    await replaceFile(keyPath, passphrase === undefined ? renewed.key : encryptKey(renewed.key, passphrase), 0o600);
    files.push(`${keyPath}.old`, keyPath);
  }
  await replaceFile(path, renewed.cert, 0o644);
  return { entries: [renewed.entry], files };
}
