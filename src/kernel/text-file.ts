import { open, realpath } from 'node:fs/promises';
import { AppError, ConfigError, systemCode } from './errors.ts';
import { replaceFile, whileLocked } from './files.ts';

/** A file of lines that people and programs keep. */
export interface TextFile {
  readonly path: string;
  /** A larger one is not read. */
  readonly maxBytes: number;
  /** What it is, for messages: `a password file`. */
  readonly what: string;
}

/** Times that a file is read again which others write meanwhile. */
const maxTries = 20;

/** @throws a system error, or ConfigError `config-invalid` where it is too large */
export async function readTextFile({ path, maxBytes, what }: TextFile): Promise<string> {
  await using handle = await open(path, 'r');
  const { size } = await handle.stat();
  if (size > maxBytes)
    throw new ConfigError('config-invalid', `${path} has ${size} bytes; ${what} has at most ${maxBytes}`);
  return handle.readFile('utf8');
}

/** The same; empty where there is no file. */
export async function textOrNothing(file: TextFile): Promise<string> {
  try {
    return await readTextFile(file);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return '';
    throw cause;
  }
}

/**
 * Changes the file while no other process of this program does. It is replaced at once, with mode 0600; where somebody
 * else has written it meanwhile, what they wrote is changed.
 * @param change gets the text, which is empty where there is no file yet; what it gives back unchanged is not written
 * @returns the text that stands there now. @throws a system error, or AppError start-failed where others never stop writing
 */
export async function changeText(file: TextFile, change: (text: string) => string): Promise<string> {
  const path = await realpath(file.path).catch(() => file.path); // another file behind a link, and not in place of it
  const target = { ...file, path };
  return whileLocked(`${path}.lock`, async () => {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const before = await textOrNothing(target);
      const after = change(before);
      if (after === before) return before;
      if ((await textOrNothing(target)) !== before) continue;
      await replaceFile(path, after, 0o600);
      return after;
    }
    const why = `${file.path} is written again and again by another program; try once it has ended`;
    throw new AppError('start-failed', why);
  });
}
