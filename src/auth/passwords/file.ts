import { AppError, ConfigError, reasonOf } from '../../kernel/errors.ts';
import { Slices } from '../../kernel/slices.ts';
import { changeText, readTextFile, type TextFile } from '../../kernel/text-file.ts';
import { linesOf, type PasswordTable, sentenceOf, TableReader } from './lines.ts';

/** At most some 500,000 users. */
const passwordFile = (path: string): TextFile => ({ path, maxBytes: 67_108_864, what: 'a password file' });

/** See `readTextFile`. */
export const readPasswordText = (file: string): Promise<string> => readTextFile(passwordFile(file));

/**
 * Reads the hashes of all users, a long file in slices of time.
 * @throws ConfigError config-invalid that names each line that is wrong, or why the file cannot be read
 */
export async function readPasswordTable(file: string): Promise<PasswordTable> {
  const text = await readPasswordText(file).catch((cause: unknown) => {
    if (cause instanceof AppError) throw cause;
    throw new ConfigError('config-invalid', `access.passwords.file: ${file} cannot be read: ${reasonOf(cause)}`);
  });
  return tableOf(file, text);
}

async function tableOf(file: string, text: string): Promise<PasswordTable> {
  const reader = new TableReader();
  const slices = new Slices();
  let slice = await slices.next();
  for (const line of linesOf(text)) {
    if (slice.isOver()) slice = await slices.next();
    reader.take(line);
  }
  if (reader.problems.length === 0) return reader.table;
  throw new ConfigError('config-invalid', `access.passwords.file: ${sentenceOf(file, reader.problems)}`);
}

/** See `changeText`. */
export const changePasswordFile = (file: string, change: (text: string) => string): Promise<string> =>
  changeText(passwordFile(file), change);
