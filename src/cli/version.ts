import type { Command } from 'commander';
import { version } from '../app/version.ts';
import { type Io, printJson, printLine } from './io.ts';

/** `version`: what runs, for a report of a fault. */
export function addVersionCommand(program: Command, io: Io): void {
  program
    .command('version')
    .description('print the versions of the program and of what it runs on')
    .option('--json', 'print one JSON object')
    .action(({ json }: { readonly json?: true }) => {
      const { node, openssl } = process.versions;
      const platform = `${process.platform}-${process.arch}`;
      if (json === true) printJson(io.stdout, { viaduct: version, node, openssl, platform });
      else printLine(io.stdout, `viaduct ${version} on Node ${node} with OpenSSL ${openssl}, ${platform}`);
    });
}
