import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { argon2Hash } from '../../auth/passwords/argon2.ts';
import { costOf } from '../../auth/passwords/cost.ts';
import { userProblem, withDecoyKey, withUser } from '../../auth/passwords/lines.ts';
import { saslPrep } from '../../auth/passwords/sasl-prep.ts';
import { argon2Schema } from '../../auth/passwords/schema.ts';
import {
  leastIterations,
  mostIterations,
  parseVerifier,
  saltBytes,
  scramVerifier,
  verifierText,
} from '../../auth/passwords/scram-verifier.ts';
import { AppError } from '../../kernel/errors.ts';
import { type Io, printLine } from '../io.ts';
import { change, passwordTextOf, tableIn } from './file.ts';
import { addPasswordOptions, type PasswordOptions, readPassword } from './password.ts';

/** `passwd add FILE USER`: a new user, or another password for one that is there. */
export function addPasswdAddCommand(passwd: Command, io: Io): void {
  const command = passwd
    .command('add')
    .description('add a user, or give one that is there another password; makes the file where there is none')
    .argument('<file>', 'password file')
    .argument('<user>', 'user name')
    .option('--scram', 'keep what SCRAM-SHA-256 goes by; a hash that is there stays beside it, of the same password')
    .option(
      '--iterations <number>',
      `of the line for SCRAM: more are dearer to guess, and for the client at each login (default: those of the line that is there, or ${leastIterations})`,
      iterationsOf,
    );
  addPasswordOptions(command).action((file: string, user: string, options: AddOptions) => add(io, file, user, options));
}

interface AddOptions extends PasswordOptions {
  readonly scram?: true;
  readonly iterations?: number;
}

function iterationsOf(text: string): number {
  const iterations = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (iterations >= leastIterations && iterations <= mostIterations) return iterations;
  throw new InvalidArgumentError(`Give a number from ${leastIterations} to ${mostIterations}.`);
}

async function add(io: Io, file: string, user: string, options: AddOptions): Promise<void> {
  const problem = userProblem(user);
  if (problem !== undefined) throw new AppError('usage', problem);
  const password = await readPassword(io, options, { isNew: true });
  const isScram = options.scram === true;
  const hash = await argon2Hash(password, costOf(argon2Schema.parse(undefined)));
  const verifier = await scramText(user, password, options.iterations ?? (await iterationsThere(io, file, user)));
  let isThere = false;
  await change(io, file, (text) => {
    const { hashes, verifiers } = tableIn(file, text);
    isThere = hashes.has(user) || verifiers.has(user);
    // a user has one password: no line with another stays
    const written = !isScram || hashes.has(user) ? withUser(text, { user, hash }) : text;
    if (!isScram && !verifiers.has(user)) return written;
    if (typeof verifier !== 'string') throw verifier;
    return withDecoyKey(withUser(written, { user, hash: verifier }), randomBytes(32).toString('base64'));
  });
  printLine(io.stdout, isThere ? `${user} has another password in ${file}` : `${user} is added to ${file}`);
}

/** Of the line that the user has, or those of a new one, also where the file cannot be read: it may not be there yet. */
async function iterationsThere(io: Io, file: string, user: string): Promise<number> {
  const table = await passwordTextOf(io, file).then(
    (text) => tableIn(file, text),
    () => undefined,
  );
  const text = table?.verifiers.get(user);
  const verifier = text === undefined ? undefined : parseVerifier(text);
  return typeof verifier === 'object' ? verifier.iterations : leastIterations;
}

/** @returns what SCRAM goes by, or why a client cannot prove itself by these */
async function scramText(user: string, password: Buffer, iterations: number): Promise<string | AppError> {
  const name = saslPrep(user);
  if (name !== user)
    return new AppError(
      'usage',
      `clients of SCRAM send another user name than this (RFC 4013)${name === undefined ? '; choose one of plain characters' : `; write ${name}`}`,
    );
  const prepared = saslPrep(password.toString());
  if (prepared === undefined)
    return new AppError('usage', 'the password holds characters that SCRAM cannot carry (RFC 4013); choose another');
  return verifierText(await scramVerifier(prepared, randomBytes(saltBytes), iterations));
}
