import { parseHash } from './hash.ts';
import { usualShape, type VerifierShape } from './scram-decoy.ts';
import { isVerifierText, parseVerifier } from './scram-verifier.ts';

/** One line of the file that is about a user. */
export interface PasswordLine {
  readonly user: string;
  /** As it stands there, of a known form. */
  readonly hash: string;
}

/** Something wrong with a line; never with a part of a hash. */
export interface LineProblem {
  /** Counts from 1. */
  readonly line: number;
  readonly problem: string;
}

/** Bytes of a user name; MQTT would allow 65,535. */
const maxUserBytes = 1_024;

/** Why nobody can have this user name in the file; undefined: somebody can. */
export function userProblem(user: string): string | undefined {
  if (user === '') return 'the user name is empty';
  if (user === 'anonymous') return '"anonymous" is the name of clients without an identity; choose another';
  if (user.startsWith('#')) return 'a user name cannot begin with "#", which begins a comment';
  if (/[:\p{Cc}\p{Zl}\p{Zp}\u{D800}-\u{DFFF}]/u.test(user))
    return 'a user name holds neither ":" nor control characters';
  const bytes = Buffer.byteLength(user);
  return bytes > maxUserBytes ? `the user name is ${bytes} bytes long; use at most ${maxUserBytes}` : undefined;
}

/** @returns undefined for a line that is empty or a comment, and the sentence that says what is wrong with another */
function parseLine(text: string): PasswordLine | string | undefined {
  if (text.trim() === '' || text.startsWith('#')) return undefined;
  const colon = text.indexOf(':');
  if (colon === -1) return 'write user:hash; `viaduct passwd add` makes such lines';
  const user = text.slice(0, colon);
  const hash = text.slice(colon + 1);
  const parsed = userProblem(user) ?? parseHash(hash);
  return typeof parsed === 'string' ? parsed : { user, hash };
}

export const linesOf = (text: string): string[] => text.split('\n').map((line) => line.replace(/\r$/, ''));

/** What the file has of its users. */
export interface PasswordTable {
  /** What a password of CONNECT is held against. */
  readonly hashes: ReadonlyMap<string, string>;
  /** What SCRAM goes by; a user may have one beside the hash, or in its place. */
  readonly verifiers: ReadonlyMap<string, string>;
  /** With which users that do not exist are given the salt of one that does; where the file has none it is made up. */
  readonly decoyKey: string | undefined;
  readonly shape: VerifierShape;
}

/** How many users a file has, with lines of either kind or of both. */
export const countUsers = ({ hashes, verifiers }: PasswordTable): number =>
  new Set([...hashes.keys(), ...verifiers.keys()]).size;

const decoyStart = '#decoy:';

/** Takes the lines of a file one by one, so that a long one can be read in slices. */
export class TableReader {
  readonly #hashes = new Map<string, string>();
  readonly #verifiers = new Map<string, string>();
  readonly #shapes = new Map<string, { readonly shape: VerifierShape; count: number }>();
  #decoyKey: string | undefined;
  readonly problems: LineProblem[] = [];
  #line = 0;

  get table(): PasswordTable {
    const [common] = [...this.#shapes.values()].toSorted((one, other) => other.count - one.count);
    return {
      hashes: this.#hashes,
      verifiers: this.#verifiers,
      decoyKey: this.#decoyKey,
      shape: common?.shape ?? usualShape,
    };
  }

  take(text: string): void {
    this.#line += 1;
    if (text.startsWith(decoyStart)) this.#decoyKey = text.slice(decoyStart.length);
    const parsed = parseLine(text);
    if (parsed === undefined) return;
    const problem = typeof parsed === 'string' ? parsed : this.#problemOf(parsed);
    if (problem !== undefined) this.problems.push({ line: this.#line, problem });
    else if (typeof parsed !== 'string') this.#add(parsed);
  }

  #problemOf({ user, hash }: PasswordLine): string | undefined {
    if (!isVerifierText(hash)) return this.#hashes.has(user) ? 'its user has a line above; leave one' : undefined;
    return this.#verifiers.has(user) ? 'its user has a line of SCRAM-SHA-256 above; leave one' : undefined;
  }

  #add({ user, hash }: PasswordLine): void {
    if (!isVerifierText(hash)) {
      this.#hashes.set(user, hash);
      return;
    }
    this.#verifiers.set(user, hash);
    const verifier = parseVerifier(hash);
    if (typeof verifier === 'string') return;
    const shape = { iterations: verifier.iterations, saltBytes: verifier.salt.length };
    const key = `${shape.iterations} ${shape.saltBytes}`;
    const known = this.#shapes.get(key) ?? { shape, count: 0 };
    known.count += 1;
    this.#shapes.set(key, known);
  }
}

/** Problems that are told at once; a file of another kind has one in every line. */
const maxTold = 5;

/** @param file as it is named in the sentence */
export function sentenceOf(file: string, problems: readonly LineProblem[]): string {
  const told = problems.slice(0, maxTold).map(({ line, problem }) => `${file}:${line}: ${problem}`);
  const more = problems.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more lines`] : [])].join('; ');
}

/** All that is wrong with a password file, in one sentence; undefined: nothing is. */
export function passwordFileProblem(file: string, text: string): string | undefined {
  const reader = new TableReader();
  for (const line of linesOf(text)) reader.take(line);
  return reader.problems.length === 0 ? undefined : sentenceOf(file, reader.problems);
}

/** The text with a secret for its decoys, which a file with verifiers of SCRAM should have. */
export function withDecoyKey(text: string, key: string): string {
  const hasOne = linesOf(text).some((line) => line.startsWith(decoyStart));
  return hasOne ? text : `${decoyStart}${key}\n${text}`;
}

/** The text with another hash for a user, or one line more; every other line stays as it is, also one of the other kind. */
export function withUser(text: string, { user, hash }: PasswordLine): string {
  const line = `${user}:${hash}`;
  const lines = linesWithEnd(text);
  const isSame = (one: string): boolean => isVerifierText(one.slice(user.length + 1)) === isVerifierText(hash);
  const index = lines.findIndex((one) => isOf(one, user) && isSame(one));
  if (index === -1) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
  return lines.map((one, position) => (position === index ? `${line}${endOf(one)}` : one)).join('');
}

/** The text without the lines of a user. */
export const withoutUser = (text: string, user: string): string =>
  linesWithEnd(text)
    .filter((line) => !isOf(line, user))
    .join('');

const linesWithEnd = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const endOf = (line: string): string => /\r?\n$/.exec(line)?.[0] ?? '';
const isOf = (line: string, user: string): boolean => !line.startsWith('#') && line.startsWith(`${user}:`);
