import { hostname } from 'node:os';
import type { Command } from 'commander';
import type { CaFolder } from '../../pki/folder/ca-folder.ts';
import { ensureCertificates } from '../../pki/folder/ensure.ts';
import type { KeyType } from '../../pki/x509/keys.ts';
import { parseConstraint } from '../../pki/x509/name-constraints.ts';
import { repeatable } from '../config-options.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { addSigningOptions, keyTypeOption, openPki, parsedNames, requireSafe, type SigningOptions } from './options.ts';

interface Options extends SigningOptions {
  readonly organization?: string;
  readonly keyType?: KeyType;
  readonly permit: readonly string[];
  readonly exclude: readonly string[];
}

/** `pki init`: makes what is missing in the certificates folder, and nothing else. */
export function addInitCommand(pki: Command, io: Io): void {
  const command = pki
    .command('init')
    .description('make a root, an intermediate, the certificate of the server and a demo client; what exists is kept')
    .option('--organization <name>', 'organization in all subjects (default: Viaduct)')
    .addOption(keyTypeOption('--key-type <type>', 'type of all keys (default: ec-p256)'))
    .addOption(
      repeatable('--permit <name>', 'the intermediate certifies only such names: DNS:example.com, IP:10.0.0.0/8'),
    )
    .addOption(repeatable('--exclude <name>', 'the intermediate never certifies such names'));
  addSigningOptions(command).action((options: Options) => init(io, options));
}

async function init(io: Io, options: Options): Promise<void> {
  const { folder, certificates, passphrase } = await openPki(options, io);
  const constraints = {
    permitted: parsedNames(options.permit, '--permit', parseConstraint),
    excluded: parsedNames(options.exclude, '--exclude', parseConstraint),
  };
  const isLimited = constraints.permitted.length + constraints.excluded.length > 0;
  const set = await ensureCertificates({
    directory: folder.options.directory,
    names: certificates.names,
    hostname: hostname(),
    now: io.clock.now,
    by: folder.options.by,
    crlUrl: certificates.crlUrl,
    ca: {
      ...(options.organization === undefined ? {} : { organization: options.organization }),
      ...(options.keyType === undefined ? {} : { keyType: options.keyType }),
      ...(isLimited ? { constraints } : {}),
      passphrase: requireSafe(await passphrase(), 'the passphrase of the CA keys'),
    },
  });
  const { directory, created } = set;
  const open = (options.passphraseFile ?? options.passphraseEnv) ? await openCaKeys(folder) : [];
  if (open.length > 0) io.setExitCode(1);
  const warnings = [...set.warnings, ...open];
  if (options.json === true) {
    printJson(io.stdout, { directory, created, warnings });
    return;
  }
  printLine(
    io.stdout,
    created.length === 0
      ? `${directory} is complete; nothing was changed`
      : `made in ${directory}: ${created.join(', ')}`,
  );
  for (const warning of warnings) printLine(io.stderr, `warning: ${warning}`);
}

/** What exists is not changed, so that a passphrase reaches only keys that are made now. */
const openCaKeys = async (folder: CaFolder): Promise<string[]> =>
  (await folder.authorities())
    .filter(({ keyState }) => keyState === 'here')
    .map(({ name }) => {
      const path = folder.path(`${name}.key`);
      return `${path} was there before and is not encrypted; do that with: openssl pkcs8 -topk8 -in ${path} -out ${path}.new && mv ${path}.new ${path}`;
    });
