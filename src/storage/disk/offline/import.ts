import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, StoreError } from '../../../kernel/errors.ts';
import { checkDataFile } from '../files/data-file.ts';
import { requirePrivate } from '../files/private-files.ts';
import { isEmpty, requireReadable } from '../files/schema-version.ts';
import { openFiles, unusable } from '../opened-store.ts';
import { type ExportRecord, exportRecord } from './export-schema.ts';
import { ImportWriter } from './import-writer.ts';
import { numberedLines } from './lines.ts';
import { openLocked } from './open-offline.ts';

/** Lines that were imported, by their type. */
export type ImportedLines = ReadonlyMap<ExportRecord['type'], number>;

/** After so many problems the rest is not read. */
const maxProblems = 20;

/**
 * Reads an export into a store that is empty: all of it or nothing.
 *
 * @param chunks the bytes of the lines.
 * @throws StoreError store-import-refused, store-in-use, store-damaged, store-newer, store-unavailable
 */
export async function importStore(directory: string, chunks: AsyncIterable<Uint8Array>): Promise<ImportedLines> {
  await requirePrivate(directory).catch((cause: unknown) => {
    throw cause instanceof StoreError ? cause : unusable(directory, cause);
  });
  await using store = await openLocked(directory, async () => {
    await checkDataFile(directory);
    const environment = openFiles(directory);
    return { environment, version: requireReadable(environment) };
  });
  if (!isEmpty(store.environment))
    throw new StoreError(
      'store-import-refused',
      `the store in ${directory} is not empty, and nothing is overwritten; give another --directory, or move the folder away`,
    );
  try {
    return await importLines(new ImportWriter(store.environment), chunks);
  } catch (cause) {
    await store.environment.close();
    for (const name of ['data.mdb', 'lock.mdb']) await rm(join(directory, name), { force: true });
    throw cause;
  }
}

async function importLines(writer: ImportWriter, chunks: AsyncIterable<Uint8Array>): Promise<ImportedLines> {
  const imported = new Map<ExportRecord['type'], number>();
  const problems: string[] = [];
  for await (const { number, text } of numberedLines(chunks)) {
    const record = recordIn(text, number);
    const problem = typeof record === 'string' ? record : number === 1 ? undefined : writer.add(record);
    if (problem !== undefined) problems.push(`line ${number}: ${problem}`);
    if (problems.length >= maxProblems || (number === 1 && problem !== undefined)) break;
    if (typeof record !== 'string') imported.set(record.type, (imported.get(record.type) ?? 0) + 1);
  }
  if (imported.size === 0 && problems.length === 0) problems.push('line 1: there is none');
  if (problems.length > 0) throw refused(problems);
  await writer.finish();
  return imported;
}

/** @returns the record, or what is wrong with the line. */
function recordIn(text: string, number: number): ExportRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return `it is no JSON: ${messageOf(cause)}`;
  }
  const parsed = exportRecord.safeParse(value);
  if (parsed.success)
    return number > 1 || parsed.data.type === 'export' ? parsed.data : 'the first line of an export has type "export"';
  const [issue] = parsed.error.issues;
  return issue === undefined ? 'it cannot be read' : `${issue.path.join('.') || 'line'}: ${issue.message}`;
}

const refused = (problems: readonly string[]): StoreError =>
  new StoreError(
    'store-import-refused',
    `${problems.join('\n')}\n${problems.length < maxProblems ? '' : 'the rest was not read; '}nothing was imported`,
    { details: { problems } },
  );
