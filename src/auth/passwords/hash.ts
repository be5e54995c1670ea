import type { ScramVerifier } from '../password-users.ts';
import { isVerifierText, parseVerifier } from './scram-verifier.ts';

/** How dear a new hash is. Each of `lanes` threads fills its share of the memory, `passes` times. */
export interface Argon2Cost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

type Digest = 'sha1' | 'sha256' | 'sha512';

/** What a line of the password file keeps of a password. */
export type PasswordHash =
  | { readonly kind: 'argon2id'; readonly text: string; readonly cost: Argon2Cost }
  | { readonly kind: 'bcrypt'; readonly text: string }
  | { readonly kind: 'scram'; readonly verifier: ScramVerifier }
  | {
      readonly kind: 'pbkdf2';
      readonly digest: Digest;
      readonly iterations: number;
      readonly salt: Buffer;
      readonly key: Buffer;
    }
  | {
      readonly kind: 'digest';
      readonly digest: Digest;
      /** Where the salt stands. */
      readonly position: 'prefix' | 'suffix';
      readonly salt: Buffer;
      readonly key: Buffer;
    };

/** More would hold a processor for minutes at each login. */
const maxIterations = 10_000_000;
const maxBcryptCost = 18;
const maxMemoryKiB = 1_048_576;
const maxPasses = 100;
const maxLanes = 16;

const forms =
  '$argon2id$... of this program, $7$ and $6$ of mosquitto, $2b$ (bcrypt), $emqx-pbkdf2-sha256$, $emqx-sha256$, and SCRAM-SHA-256$';

/** What a list says of a hash. */
export function hashFormOf(text: string): string {
  if (isVerifierText(text)) return 'SCRAM-SHA-256';
  const [, form = ''] = text.split('$', 2);
  if (form === '7' || form === '6') return `$${form}$ of mosquitto`;
  return form.startsWith('2') ? 'bcrypt' : form;
}

/** @returns the hash, or the sentence that says what is wrong; never with a part of the text. */
export function parseHash(text: string): PasswordHash | string {
  if (isVerifierText(text)) return scramHash(parseVerifier(text));
  const [empty, form = ''] = text.split('$', 2);
  if (empty !== '' || form === '') return `has no hash behind the user name; a password does not stand here as it is`;
  if (form === 'argon2id') return parseArgon2(text);
  if (form === '7' || form === '6') return parseMosquitto(text);
  if (/^2[aby]$/.test(form)) return parseBcrypt(text);
  if (form.startsWith('emqx-')) return parseEmqx(text);
  return `the form of its hash is not known; there are ${forms}`;
}

const scramHash = (verifier: ScramVerifier | string): PasswordHash | string =>
  typeof verifier === 'string' ? verifier : { kind: 'scram', verifier };

function parseArgon2(text: string): PasswordHash | string {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
    text,
  );
  if (match === null) return 'is no $argon2id$v=19$m=...,t=...,p=...$salt$hash';
  const [memoryKiB = 0, passes = 0, lanes = 0] = match.slice(1, 4).map(Number);
  const isPayable = passes >= 1 && passes <= maxPasses && lanes >= 1 && lanes <= maxLanes && memoryKiB <= maxMemoryKiB;
  if (!isPayable || memoryKiB < 8 * lanes)
    return `asks for m=${memoryKiB},t=${passes},p=${lanes}; m is 8 for each of p to ${maxMemoryKiB}, t 1 to ${maxPasses}, p 1 to ${maxLanes}`;
  const [salt, hash] = match.slice(4).map((part) => fromBase64(part, false));
  if (salt === undefined || salt.length < 8 || salt.length > 48) return 'its salt is not 8 to 48 bytes in base64';
  if (hash === undefined || hash.length < 16 || hash.length > 64) return 'its hash is not 16 to 64 bytes in base64';
  return { kind: 'argon2id', text, cost: { memoryKiB, passes, lanes } };
}

/** `$7$iterations$salt$hash` is PBKDF2 with SHA-512, `$6$salt$hash` is SHA-512 of the password and then the salt. */
function parseMosquitto(text: string): PasswordHash | string {
  const [, form, ...parts] = text.split('$');
  const iterations = form === '7' ? iterationsOf(parts.shift()) : 1;
  const [salt, key] = parts.map((part) => fromBase64(part, true));
  if (parts.length !== 2 || iterations === undefined)
    return form === '7' ? `is no $7$iterations$salt$hash with 1 to ${maxIterations} iterations` : 'is no $6$salt$hash';
  if (salt === undefined || salt.length === 0 || key?.length !== 64)
    return 'its salt or its hash of 64 bytes is not in base64';
  if (form === '7') return { kind: 'pbkdf2', digest: 'sha512', iterations, salt, key };
  return { kind: 'digest', digest: 'sha512', position: 'suffix', salt, key };
}

function parseBcrypt(text: string): PasswordHash | string {
  const cost = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/.exec(text)?.[1];
  if (cost === undefined) return 'is no $2b$cost$... of bcrypt with 60 characters';
  if (Number(cost) < 4 || Number(cost) > maxBcryptCost)
    return `asks bcrypt for a cost of ${cost}; use 4 to ${maxBcryptCost}`;
  return { kind: 'bcrypt', text };
}

const keyBytes: Readonly<Record<Digest, number>> = { sha1: 20, sha256: 32, sha512: 64 };

/** `$emqx-pbkdf2-sha256$i=4096$SALT$HASH` and `$emqx-sha256$p=suffix$SALT$HASH`: salt as it stands in EMQX, hash in hex. */
function parseEmqx(text: string): PasswordHash | string {
  const match =
    /^\$emqx-(pbkdf2-)?(sha1|sha256|sha512)\$(?:i=(\d{1,8})|p=(prefix|suffix|disable))\$([^$]*)\$([0-9a-fA-F]+)$/.exec(
      text,
    );
  const [, slow, digest, i, position, saltText = '', hex = ''] = match ?? [];
  if (digest !== 'sha1' && digest !== 'sha256' && digest !== 'sha512')
    return 'is no $emqx-pbkdf2-sha256$i=ITERATIONS$SALT$HASH or $emqx-sha256$p=prefix|suffix|disable$SALT$HASH';
  const key = Buffer.from(hex, 'hex');
  const salt = Buffer.from(position === 'disable' ? '' : saltText);
  const iterations = iterationsOf(i);
  if (slow !== undefined) {
    if (iterations === undefined) return `needs i=1 to i=${maxIterations}, the iterations of its PBKDF2`;
    if (hex.length % 2 !== 0 || key.length < 16 || key.length > 64) return 'its hash is not 16 to 64 bytes in hex';
    return { kind: 'pbkdf2', digest, iterations, salt, key };
  }
  if (position === undefined) return 'needs p=prefix, p=suffix or p=disable, the place of its salt';
  if (hex.length !== 2 * keyBytes[digest]) return `its hash is not ${keyBytes[digest]} bytes in hex`;
  return { kind: 'digest', digest, position: position === 'prefix' ? 'prefix' : 'suffix', salt, key };
}

function iterationsOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,8}$/.test(text)) return undefined;
  const iterations = Number(text);
  return iterations >= 1 && iterations <= maxIterations ? iterations : undefined;
}

/** One text for each sequence of bytes, so that what is read is what a library reads. */
function fromBase64(text: string, isPadded: boolean): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  const again = bytes.toString('base64');
  return (isPadded ? again : again.replace(/=+$/, '')) === text ? bytes : undefined;
}
