import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { readCsr } from '../../pki/x509/csr.ts';
import { parseSubjectAltName } from '../../pki/x509/names.ts';
import { profiles } from '../../pki/x509/profile.ts';
import { repeatable } from '../config-options.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { type ClientNames, requireAcceptable } from './acceptable.ts';
import {
  addSigningOptions,
  endOf,
  lifetimeOption,
  openPki,
  parsedNames,
  readNamedFile,
  type SigningOptions,
} from './options.ts';
import { requireFree, writeFiles } from './output.ts';
import { entryJson, untilText } from './report.ts';

interface Options extends SigningOptions {
  readonly profile: 'client' | 'server' | 'intermediate';
  readonly commonName?: string;
  readonly organization: string;
  readonly name: readonly string[];
  readonly lifetime?: string;
  readonly out?: string;
}

/** `pki sign CSR`: a certificate for a key that stays with its owner. */
export function addSignCommand(pki: Command, io: Io): void {
  const command = pki
    .command('sign')
    .description('issue a certificate for a signing request (CSR)')
    .argument('<csr>', 'file with the request, PEM or DER')
    .addOption(
      new Option('--profile <profile>', 'what it is for')
        .choices(['client', 'server', 'intermediate'])
        .default('client'),
    )
    .option('--common-name <name>', 'common name, whatever the request says')
    .option('--organization <name>', "organization, never the request's", 'Viaduct')
    .addOption(repeatable('--name <name>', 'alternative names instead of those of the request; may be given again'))
    .addOption(lifetimeOption('how long it is valid (default: 365d, an intermediate 1825d)'))
    .option('-o, --out <file>', 'where to write the certificate (default: standard output)');
  addSigningOptions(command).action((csr: string, options: Options) => sign(io, csr, options));
}

async function sign(io: Io, csr: string, options: Options): Promise<void> {
  const { folder, access } = await openPki(options, io);
  const out = options.out === undefined ? undefined : resolve(io.cwd, options.out);
  if (out !== undefined) await requireFree([out], 'choose another file with --out');
  const altNames = parsedNames(options.name, '--name', parseSubjectAltName);
  const policy = {
    profile: profiles[options.profile],
    organization: options.organization,
    ...(options.commonName === undefined ? {} : { commonName: options.commonName }),
    ...(altNames.length === 0 ? {} : { altNames }),
    ...endOf(options.lifetime, folder.options.now()),
  };
  const request = await readNamedFile(io, csr);
  const names = options.profile === 'client' ? namesOf(request, policy) : undefined;
  if (names !== undefined) requireAcceptable(access, names);
  const { signInFolder } = await import('../../pki/folder/operations.ts'); // and with it the X.509 libraries
  const issued = await signInFolder(folder, request, policy, resolve(io.cwd, csr));
  if (out !== undefined) await writeFiles([{ path: out, content: issued.cert, isSecret: false }]);
  if (options.json === true) printJson(io.stdout, { ...entryJson(issued.entry), certificate: out ?? issued.cert });
  else if (out === undefined) io.stdout.write(issued.cert);
  else
    printLine(
      io.stdout,
      `issued to ${issued.entry.subject}, ${untilText(issued.entry.notAfter, folder.options.now())}\n${out}`,
    );
}

/** Who the certificate will be for; undefined where the request cannot be read, which signing it says. */
function namesOf(
  request: Buffer,
  { commonName, organization, altNames }: Partial<ClientNames> & Pick<ClientNames, 'organization'>,
): ClientNames | undefined {
  const asked = readCsr(request);
  if (typeof asked === 'string') return undefined;
  const name = commonName ?? asked.commonName;
  if (name === undefined) return undefined;
  return {
    commonName: name,
    organization,
    altNames: altNames ?? asked.altNames.filter((one) => one !== undefined),
  };
}
