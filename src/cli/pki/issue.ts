import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { encryptKey } from '../../pki/x509/encrypted-key.ts';
import type { KeyType } from '../../pki/x509/keys.ts';
import { parseSubjectAltName, serverCommonName } from '../../pki/x509/names.ts';
import { repeatable } from '../config-options.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { requireAcceptable } from './acceptable.ts';
import {
  addSigningOptions,
  endOf,
  type KeyPassphraseOptions,
  keyTypeOption,
  lifetimeOption,
  newKeyPassphrase,
  openPki,
  parsedNames,
  type SigningOptions,
} from './options.ts';
import { fileBase, pairPaths, requireFree, writeFiles } from './output.ts';
import { entryJson, untilText } from './report.ts';

interface Options extends SigningOptions, KeyPassphraseOptions {
  readonly name: readonly string[];
  readonly organization?: string;
  readonly lifetime?: string;
  readonly keyType?: KeyType;
  readonly out?: string;
}

/** `pki issue server NAME` and `pki issue client NAME`: a new key and a certificate for it. */
export function addIssueCommand(pki: Command, io: Io): void {
  const issue = pki.command('issue').description('make a key and issue a certificate for it');
  for (const kind of ['server', 'client'] as const) {
    const who = kind === 'server' ? 'a server, NAME being its first host name' : 'a client, NAME being its common name';
    const command = issue
      .command(kind)
      .description(`make a key and issue a certificate for ${who}`)
      .argument('<name>', kind === 'server' ? 'DNS name or IP address' : 'common name, 1 to 64 characters')
      .addOption(repeatable('--name <name>', 'another name: DNS:…, IP:…, email:… or URI:…; may be given again'))
      .option('--organization <name>', 'organization in the subject (default: Viaduct)')
      .addOption(lifetimeOption('how long it is valid, at most as long as its issuer (default: 365d)'))
      .addOption(keyTypeOption('--key-type <type>', 'type of the key (default: ec-p256)'))
      .option('-o, --out <dir>', 'folder for NAME.pem and NAME.key (default: issued in the certificates folder)')
      .option('--key-passphrase-file <file>', 'encrypt the new key with the passphrase in this file')
      .option('--key-passphrase-env <name>', 'encrypt the new key with the passphrase in this environment variable');
    addSigningOptions(command).action((name: string, options: Options) => run(io, kind, name, options));
  }
}

async function run(io: Io, kind: 'server' | 'client', name: string, options: Options): Promise<void> {
  const { folder, access } = await openPki(options, io);
  const texts = kind === 'server' ? [name, ...options.name] : options.name;
  const altNames = parsedNames(texts, kind === 'server' ? 'NAME or --name' : '--name', parseSubjectAltName);
  const { organization = 'Viaduct' } = options;
  if (kind === 'client') requireAcceptable(access, { commonName: name, organization, altNames });
  const directory = options.out === undefined ? join(folder.options.directory, 'issued') : resolve(io.cwd, options.out);
  const paths = pairPaths(directory, fileBase(name));
  await requireFree(
    [paths.cert, paths.key],
    'renew it with viaduct pki renew FILE, or choose another folder with --out',
  );
  const passphrase = await newKeyPassphrase(options, io);
  const { issueInFolder } = await import('../../pki/folder/operations.ts'); // and with it the X.509 libraries
  const issued = await issueInFolder(folder, kind, {
    commonName: kind === 'server' ? serverCommonName(name) : name,
    altNames,
    ...(options.organization === undefined ? {} : { organization: options.organization }),
    ...(options.keyType === undefined ? {} : { keyType: options.keyType }),
    ...endOf(options.lifetime, folder.options.now()),
  });
  const key = passphrase === undefined ? issued.key : encryptKey(issued.key, passphrase);
  await writeFiles([
    { path: paths.key, content: key, isSecret: true },
    { path: paths.cert, content: issued.cert, isSecret: false },
  ]);
  if (options.json === true)
    printJson(io.stdout, { ...entryJson(issued.entry), certificate: paths.cert, key: paths.key });
  else
    printLine(
      io.stdout,
      `issued to ${issued.entry.subject}, ${untilText(issued.entry.notAfter, folder.options.now())}\n${paths.cert}\n${paths.key}`,
    );
}
