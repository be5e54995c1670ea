import { resolve } from 'node:path';
import type { Command } from 'commander';
import { exportRoot } from '../../pki/folder/root-export.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { addSigningOptions, openPki, readNamedFile, type SigningOptions } from './options.ts';

/** `pki root export` and `pki root import`: the key of the root is kept elsewhere, and what it signs comes back. */
export function addRootCommand(pki: Command, io: Io): void {
  const root = pki.command('root').description('keep the key of the root elsewhere, or use the root of somebody else');
  const out = root
    .command('export')
    .description(
      'move the key of the root into another folder, with a request of the intermediate for its next certificate',
    )
    .requiredOption(
      '-o, --out <dir>',
      'folder for root-ca.key, root-ca.pem and intermediate-ca.csr, e.g. on a removable disk',
    );
  addSigningOptions(out).action((options: SigningOptions & { readonly out: string }) => exportTo(io, options));
  const back = root
    .command('import')
    .description(
      'take in the key of the root, the certificate of a root, or the signed certificate of the intermediate',
    )
    .argument('<file>', 'PEM; what it is, it says itself');
  addSigningOptions(back).action((file: string, options: SigningOptions) => importFrom(io, file, options));
}

async function exportTo(io: Io, options: SigningOptions & { readonly out: string }): Promise<void> {
  const { folder } = await openPki(options, io);
  const files = await exportRoot(folder, resolve(io.cwd, options.out));
  if (options.json === true) {
    printJson(io.stdout, files);
    return;
  }
  if (files.key === undefined)
    printLine(io.stdout, `the key of the root is not here; have this request signed where it is:\n${files.request}`);
  else
    printLine(
      io.stdout,
      `the key of the root is now in ${files.key} and no longer in ${folder.options.directory}; make a second copy of it.\nIts revocation list counts for a year. To renew the intermediate have this request signed there:\n${files.request}`,
    );
}

async function importFrom(io: Io, file: string, options: SigningOptions): Promise<void> {
  const { folder } = await openPki(options, io);
  const { importIntoFolder } = await import('../../pki/folder/root-import.ts'); // and with it the X.509 libraries
  const imported = await importIntoFolder(
    folder,
    (await readNamedFile(io, file)).toString('utf8'),
    resolve(io.cwd, file),
  );
  if (options.json === true) printJson(io.stdout, imported);
  else printLine(io.stdout, `took in the ${imported.kind} of ${imported.subject}\n${imported.files.join('\n')}`);
}
