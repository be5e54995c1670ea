import { open, realpath } from 'node:fs/promises';
import { AppError, ConfigError, reasonOf, systemCode } from '../../kernel/errors.ts';
import { replaceFile, whileLocked } from '../../kernel/files.ts';
import { Slices } from '../../kernel/slices.ts';
import { linesOf, type PasswordTable, sentenceOf, TableReader } from './lines.ts';

/** Some 500,000 users. */
const maxBytes = 67_108_864;
/** Times that a file is read again which others write meanwhile. */
const maxTries = 20;

/** @throws a system error, or an AppError where it is too large */
export async function readPasswordText(file: string): Promise<string> {
  await using handle = await open(file, 'r');
  const { size } = await handle.stat();
  if (size > maxBytes)
    throw new ConfigError('config-invalid', `${file} has ${size} bytes; a password file has at most ${maxBytes}`);
  return handle.readFile('utf8');
}

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

/**
 * Changes the file while no other process of this program does. It is replaced at once, with mode 0600; where somebody
 * else has written it meanwhile, what they wrote is changed.
 * @param change gets the text, which is empty where there is no file yet; what it gives back unchanged is not written
 * @returns the text that stands there now. @throws a system error, or AppError start-failed where others never stop writing
 */
export async function changePasswordFile(file: string, change: (text: string) => string): Promise<string> {
  const target = await realpath(file).catch(() => file); // another file behind a link, and not in place of it
  return whileLocked(`${target}.lock`, async () => {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const before = await textOrNothing(target);
      const after = change(before);
      if (after === before) return before;
      if ((await textOrNothing(target)) !== before) continue;
      await replaceFile(target, after, 0o600);
      return after;
    }
    throw new AppError('start-failed', `${file} is written again and again by another program; try once it has ended`);
  });
}

async function textOrNothing(file: string): Promise<string> {
  try {
    return await readPasswordText(file);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return '';
    throw cause;
  }
}
