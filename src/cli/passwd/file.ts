import { resolve } from 'node:path';
import { changePasswordFile, readPasswordText } from '../../auth/passwords/file.ts';
import { linesOf, type PasswordTable, sentenceOf, TableReader } from '../../auth/passwords/lines.ts';
import { AppError, ConfigError, reasonOf } from '../../kernel/errors.ts';
import type { Io } from '../io.ts';

/** @param file as it was given, for the message. @throws ConfigError `config-invalid` for a file of another kind */
export function tableIn(file: string, text: string): PasswordTable {
  const reader = new TableReader();
  for (const line of linesOf(text)) reader.take(line);
  if (reader.problems.length > 0) throw new ConfigError('config-invalid', sentenceOf(file, reader.problems));
  return reader.table;
}

/** @throws ConfigError `config-unreadable` */
export async function passwordTextOf(io: Io, file: string): Promise<string> {
  try {
    return await readPasswordText(resolve(io.cwd, file));
  } catch (cause) {
    throw cause instanceof AppError
      ? cause
      : new ConfigError('config-unreadable', `${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** @throws ConfigError `config-unreadable` where it cannot be written */
export async function change(io: Io, file: string, how: (text: string) => string): Promise<void> {
  try {
    await changePasswordFile(resolve(io.cwd, file), how);
  } catch (cause) {
    throw cause instanceof AppError
      ? cause
      : new ConfigError('config-unreadable', `${file} cannot be written: ${reasonOf(cause)}`, { cause });
  }
}
