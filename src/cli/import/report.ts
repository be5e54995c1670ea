import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Io, printJson, printLine } from '../io.ts';
import type { Imported } from './imported.ts';
import { notesText } from './note.ts';
import { configName, problemsOf, writeImported } from './write.ts';

export interface ImportOptions {
  readonly out: string;
  readonly json?: true;
  readonly all?: true;
}

export const addImportOptions = (command: Command): Command =>
  command
    .requiredOption('-o, --out <dir>', `new folder for ${configName} and passwd`)
    .option('--all', 'also name the lines that are taken as they are')
    .option('--json', 'print one JSON object');

/** Writes what was imported, and says what became of it. */
export async function report(io: Io, imported: Imported, { out, json, all }: ImportOptions): Promise<void> {
  const written = await writeImported(resolve(io.cwd, out), imported);
  const problems = await problemsOf(written.config, io);
  if (problems.length > 0) io.setExitCode(1);
  if (json === true) {
    printJson(io.stdout, { ...written, notes: imported.notes, problems });
    return;
  }
  printLine(io.stdout, notesText(imported.notes, all === true));
  for (const path of Object.values(written)) printLine(io.stdout, `written: ${path}`);
  for (const problem of problems) printLine(io.stderr, problem);
  if (problems.length === 0) printLine(io.stdout, `start it with: viaduct --config ${written.config}`);
}
