import { join } from 'node:path';
import { AppError } from '../../../kernel/errors.ts';
import type { ReadText } from '../imported.ts';
import type { Place } from '../note.ts';

/** One line of mosquitto.conf. */
export interface Statement extends Place {
  readonly key: string;
  /** Empty where there is none. */
  readonly value: string;
}

/** The files beside a mosquitto.conf. */
export interface Files {
  /** Relative paths count from its folder. */
  readonly path: (text: string) => string;
  readonly text: ReadText;
  /** Names in a folder. */
  readonly list: (path: string) => Promise<readonly string[]>;
}

const maxDepth = 10;

/** The lines of a file and, in their places, of the `*.conf` in folders that it includes. */
export async function readStatements(file: string, files: Files, depth = 0): Promise<Statement[]> {
  if (depth > maxDepth)
    throw new AppError(
      'usage',
      `${file}: include_dir goes deeper than ${maxDepth}; mosquitto would stop there as well`,
    );
  const statements: Statement[] = [];
  for (const [index, text] of (await files.text(file)).split('\n').entries()) {
    const line = text.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [key, value] = splitOnce(line);
    const statement = { file, line: index + 1, key, value };
    if (key !== 'include_dir') {
      statements.push(statement);
      continue;
    }
    const names = (await files.list(value)).filter((name) => name.endsWith('.conf') && !name.startsWith('.'));
    for (const name of names.toSorted())
      statements.push(...(await readStatements(join(value, name), files, depth + 1)));
  }
  return statements;
}

/** The first word and the rest. */
export function splitOnce(text: string): [string, string] {
  const space = text.search(/\s/);
  return space === -1 ? [text, ''] : [text.slice(0, space), text.slice(space).trim()];
}
