import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { requireConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { readSecret } from '../../config/secrets.ts';
import { dayMs, parseDuration } from '../../kernel/duration.ts';
import { AppError, messageOf } from '../../kernel/errors.ts';
import type { SecretReference } from '../../kernel/schema.ts';
import { readFileContent } from '../../pki/files.ts';
import { type CaFolder, openCaFolder } from '../../pki/folder/ca-folder.ts';
import { passphraseProblem } from '../../pki/x509/encrypted-key.ts';
import { type KeyType, keyTypes } from '../../pki/x509/keys.ts';
import type { AltName } from '../../pki/x509/names.ts';
import { addConfigOptions, type ConfigOptions, loadInputOf } from '../config-options.ts';
import type { Io } from '../io.ts';

/** Options of every `pki` command. */
export interface PkiOptions extends ConfigOptions {
  readonly directory?: string;
  readonly json?: true;
}

/** Options of commands that need the key of a CA. */
export interface SigningOptions extends PkiOptions {
  readonly passphraseFile?: string;
  readonly passphraseEnv?: string;
}

/** Options of commands that read or write a key which may have a passphrase of its own. */
export interface KeyPassphraseOptions {
  readonly keyPassphraseFile?: string;
  readonly keyPassphraseEnv?: string;
}

export const addPkiOptions = (command: Command): Command =>
  addConfigOptions(command)
    .option('-d, --directory <dir>', 'certificates folder (default: certificates.directory of the configuration)')
    .option('--json', 'print one JSON object');

export const addSigningOptions = (command: Command): Command =>
  addPkiOptions(command)
    .option('--passphrase-file <file>', 'file with the passphrase of the CA keys, where they are encrypted')
    .option('--passphrase-env <name>', 'environment variable with that passphrase');

export const keyTypeOption = (flags: string, description: string): Option =>
  new Option(flags, description).choices(keyTypes);

export const lifetimeOption = (description: string): Option => new Option('--lifetime <duration>', description);

/** An opened certificates folder, and the configuration it belongs to. */
export interface Opened {
  readonly folder: CaFolder;
  readonly certificates: Config['certificates'];
  readonly access: Config['access'];
  readonly passphrase: () => Promise<string | undefined>;
}

export async function openPki(options: SigningOptions, io: Io): Promise<Opened> {
  const { certificates, access } = (await requireConfig(loadInputOf(options, io))).config;
  const directory = resolve(io.cwd, options.directory ?? certificates.directory);
  const reference =
    secretOption(io, 'passphrase', options.passphraseFile, options.passphraseEnv) ?? certificates.passphrase;
  const passphrase = async (): Promise<string | undefined> =>
    reference === undefined ? undefined : secretOf(reference, io, 'the passphrase of the CA keys');
  const folder = openCaFolder({
    directory,
    now: io.clock.now,
    by: `cli ${io.env['SUDO_USER'] ?? io.env['USER'] ?? io.env['LOGNAME'] ?? 'unknown'}`,
    passphrase,
    crlUrl: certificates.crlUrl,
    crlLifetimeMs: certificates.crlLifetime,
  });
  return { folder, certificates, access, passphrase };
}

/** The secret that `--NAME-file` or `--NAME-env` refers to. @throws AppError usage where both do. */
export function secretOption(
  io: Io,
  name: string,
  file: string | undefined,
  env: string | undefined,
): SecretReference | undefined {
  if (file !== undefined && env !== undefined)
    throw new AppError('usage', `give --${name}-file or --${name}-env, not both`);
  if (file !== undefined) return { file: resolve(io.cwd, file) };
  return env === undefined ? undefined : { env };
}

/** What the options say of the passphrase of a key. @throws AppError usage where both do. */
export const keyPassphraseOption = (
  { keyPassphraseFile, keyPassphraseEnv }: KeyPassphraseOptions,
  io: Io,
): SecretReference | undefined => secretOption(io, 'key-passphrase', keyPassphraseFile, keyPassphraseEnv);

/** @throws AppError `key-unreadable` that says which secret cannot be read, never what it is. */
export async function secretOf(reference: SecretReference, io: Io, what: string): Promise<string> {
  const read = await readSecret(reference, io.env);
  if ('problem' in read) throw new AppError('key-unreadable', `${what} cannot be read: ${read.problem}`);
  return read.secret;
}

/** The passphrase of a key that is made now. @throws AppError usage for one that is too short. */
export async function newKeyPassphrase(options: KeyPassphraseOptions, io: Io): Promise<string | undefined> {
  const what = 'the passphrase of the new key';
  const reference = keyPassphraseOption(options, io);
  return requireSafe(reference && (await secretOf(reference, io, what)), what);
}

/** A passphrase that keys are encrypted with now. @throws AppError usage for one that is too short. */
export function requireSafe(passphrase: string | undefined, what: string): string | undefined {
  const problem = passphrase === undefined ? undefined : passphraseProblem(passphrase);
  if (problem !== undefined) throw new AppError('usage', `${what}: ${problem}`);
  return passphrase;
}

/** Content of a file that was named on the command line. @throws AppError `certificate-unreadable`. */
export async function readNamedFile(io: Io, name: string): Promise<Buffer> {
  const path = resolve(io.cwd, name);
  try {
    const content = await readFileContent(path);
    if (content !== undefined) return content.bytes;
  } catch (cause) {
    throw new AppError('certificate-unreadable', `${path} cannot be read: ${messageOf(cause)}; give a readable file`, {
      cause,
    });
  }
  throw new AppError('certificate-unreadable', `${path} is not there; give the path of a file`);
}

/** The end of a certificate that shall live so long. @throws AppError usage. */
export function endOf(lifetime: string | undefined, now: number): { readonly notAfter?: number } {
  if (lifetime === undefined) return {};
  return { notAfter: now + lifetimeMs(lifetime) };
}

const maxLifetimeMs = 36_500 * dayMs;

/** @param option as it was typed, for the message. @throws AppError usage. */
export function lifetimeMs(text: string, option = '--lifetime'): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 60_000 && ms <= maxLifetimeMs) return ms;
  throw new AppError('usage', `${option}: "${text}" is no lifetime; write 1m to 36500d, e.g. 90d`);
}

/** Every name of a repeated option. @param parse gives a sentence for what is wrong. @throws AppError usage. */
export const parsedNames = (
  texts: readonly string[],
  option: string,
  parse: (text: string) => AltName | string,
): AltName[] =>
  texts.map((text) => {
    const name = parse(text);
    if (typeof name === 'string') throw new AppError('usage', `${option}: ${name}`);
    return name;
  });

/** `--new-key` alone makes one of the default type. */
export const newKeyType = (value: KeyType | true | undefined): KeyType | undefined =>
  value === true ? 'ec-p256' : value;
