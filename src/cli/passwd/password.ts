import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ReadStream } from 'node:tty';
import type { Command } from 'commander';
import { AppError, reasonOf } from '../../kernel/errors.ts';
import type { Io } from '../io.ts';

export interface PasswordOptions {
  readonly passwordFile?: string;
}

/** A password is no argument: others on the machine see those. */
export const addPasswordOptions = (command: Command): Command =>
  command.option(
    '--password-file <file>',
    'read the password from the first line of this file (default: asked for, or the first line of standard input)',
  );

/** What MQTT can carry. */
const maxBytes = 65_535;

/** @param isNew asks twice at a terminal. @throws AppError usage for one that cannot be used */
export async function readPassword(
  io: Io,
  { passwordFile }: PasswordOptions,
  { isNew }: { readonly isNew: boolean },
): Promise<Buffer> {
  const text = await (passwordFile === undefined ? fromInput(io, isNew) : fromFile(resolve(io.cwd, passwordFile)));
  const password = Buffer.from(text);
  if (password.length === 0) throw new AppError('usage', 'the password is empty; give one of at least one character');
  if (password.length > maxBytes)
    throw new AppError('usage', `the password has ${password.length} bytes; MQTT allows ${maxBytes}`);
  return password;
}

async function fromFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('usage', `the password cannot be read from ${path}: ${reasonOf(cause)}`);
  });
  return firstLine(text);
}

async function fromInput(io: Io, isNew: boolean): Promise<string> {
  const { stdin } = io;
  if (!(stdin instanceof ReadStream)) return firstLine(await allOf(stdin));
  const password = await asked(io, stdin, 'Password: ');
  if (isNew && (await asked(io, stdin, 'Once more: ')) !== password)
    throw new AppError('usage', 'the two passwords differ; nothing was changed');
  return password;
}

async function allOf(stdin: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    const piece = Buffer.from(chunk);
    bytes += piece.length;
    chunks.push(piece);
    if (bytes > 2 * maxBytes || piece.includes('\n')) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? '';

/** Nothing of what is typed is shown. */
async function asked(io: Io, terminal: ReadStream, prompt: string): Promise<string> {
  terminal.setRawMode(true); // before the question: whoever answers it at once is not to be shown, nor their Ctrl-C taken as a signal
  io.stderr.write(prompt);
  try {
    return await typed(terminal);
  } finally {
    terminal.setRawMode(false);
    terminal.pause();
    io.stderr.write('\n');
  }
}

/** Enter, and the end of a file. */
const ends: readonly string[] = ['\r', '\n', '\u0004'];
const interrupt = '\u0003';
const erases: readonly string[] = ['\b', '\u007f'];

function typed(terminal: ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const end = (settle: () => void): void => {
      terminal.off('data', take);
      settle();
    };
    const take = (chunk: Buffer): void => {
      for (const character of chunk.toString('utf8')) {
        if (character === interrupt) return end(() => reject(new AppError('usage', 'given up; nothing was changed')));
        if (ends.includes(character)) return end(() => resolve(text));
        text = erases.includes(character) ? Array.from(text).slice(0, -1).join('') : text + character;
      }
    };
    terminal.on('data', take).resume();
  });
}
