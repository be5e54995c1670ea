import { type Algorithm, algorithms } from './algorithms.ts';
import type { TokenOutcome } from './events.ts';
import type { WantedKey } from './keys.ts';

/** A token that is worth a look at its signature. */
export interface ReadToken {
  readonly kind: 'token';
  readonly text: string;
  readonly wanted: WantedKey;
}

/** `none`: it is no token, but perhaps a password. */
export type TokenReading =
  | ReadToken
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly outcome: TokenOutcome; readonly reason: string };

/** Of access tokens (RFC 9068) and others; left out it may be anything (RFC 7519 5.1). */
const types: readonly string[] = ['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt'];

const shape = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/;
/** What the header of a token begins with: `{` and a quote, a space, or a line end, in base64url. */
const beginning = /^e(y|w)/;

/** Tells a token from a password, and a token that never counts from one whose signature has to be looked at. */
export function readToken(bytes: Uint8Array, maxBytes: number, allowed: readonly Algorithm[]): TokenReading {
  if (bytes.length > maxBytes) {
    const start = Buffer.from(bytes.subarray(0, 256)).toString('latin1');
    if (!beginning.test(start)) return { kind: 'none' };
    return refused('oversize', `its token has ${bytes.length} bytes; access.jwt.size allows ${maxBytes}`);
  }
  const text = Buffer.from(bytes).toString('latin1');
  if (!beginning.test(text) || !shape.test(text)) return { kind: 'none' };
  const header = headerOf(text);
  if (header === undefined) return { kind: 'none' };
  const { alg, typ, crit, kid } = header;
  if (typeof alg !== 'string') return { kind: 'none' };
  const algorithm = algorithms.find((name) => name === alg);
  if (algorithm === undefined || !allowed.includes(algorithm))
    return refused(
      'algorithm',
      `its token has the algorithm ${named(alg)}, which access.jwt.algorithms does not allow`,
    );
  if (typ !== undefined && !(typeof typ === 'string' && types.includes(typ.toLowerCase())))
    return refused('malformed', `its token is of another type (typ: ${named(typ)}); JWT and at+jwt are taken`);
  if (crit !== undefined)
    return refused('malformed', 'its token has an extension that must be understood (crit), and none is known');
  if (kid !== undefined && typeof kid !== 'string')
    return refused('malformed', 'the key id (kid) of its token is no string');
  return { kind: 'token', text, wanted: { algorithm, keyId: kid } };
}

function headerOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const header: unknown = JSON.parse(Buffer.from(text.slice(0, text.indexOf('.')), 'base64url').toString());
    return typeof header === 'object' && header !== null && !Array.isArray(header) ? { ...header } : undefined;
  } catch {
    return undefined;
  }
}

const refused = (outcome: TokenOutcome, reason: string): TokenReading => ({ kind: 'refused', outcome, reason });

/** As it goes into the log: short, and without control characters. */
const named = (value: unknown): string => JSON.stringify(value).slice(0, 40);
