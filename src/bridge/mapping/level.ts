import type { CodecOptions } from './codec-options.ts';
import { type Mapped, mapped, quote, unmappable } from './mapped.ts';

/** C0 controls, space and DEL: what a NATS protocol line cannot carry or a terminal should not see. */
// oxlint-disable-next-line no-control-regex
const needsCare = /[\u0000-\u0020./\u007f#+]/;
// oxlint-disable-next-line no-control-regex
const specialCharacters = /[\u0001-\u0020\u007f]/g;

const escapeCharacter = (character: string): string =>
  `/x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/**
 * One topic level as one subject token.
 *
 * The empty level is `/`, `.` is `//`, the rest stays. Beyond nats-server, which refuses or confuses them, white space,
 * control characters and the levels `*` and `>` become `/xHH`. No output has a wildcard token, white space or a control
 * byte, and none is empty.
 */
export function encodeLevel(level: string, options: CodecOptions): Mapped {
  if (level === '') {
    if (options.emptyLevel === 'slash') return mapped('/');
    return unmappable('empty-level', 'it has an empty level, which these codec options refuse');
  }
  if (level === '*' || level === '>') {
    if (options.special === 'escape') return mapped(escapeCharacter(level));
    return unmappable('nats-wildcard', `level "${level}" is a wildcard in NATS`);
  }
  if (!needsCare.test(level)) return mapped(level);
  if (level.includes('\u0000')) return unmappable('nul', 'it contains U+0000');
  if (/[+#]/.test(level)) return unmappable('mqtt-wildcard', `level ${quote(level)} contains + or #`);
  if (level.includes('/')) return unmappable('lone-slash', `level ${quote(level)} contains /`);
  if (options.dot === 'refuse' && level.includes('.'))
    return unmappable('dot-in-level', `level ${quote(level)} contains ".", which these codec options refuse`);
  const dotted = level.replaceAll('.', '//');
  if (options.special === 'escape') return mapped(dotted.replace(specialCharacters, escapeCharacter));
  if (dotted.search(specialCharacters) === -1) return mapped(dotted);
  return unmappable(
    'forbidden-character',
    `level ${quote(level)} contains white space or a control character, which these codec options refuse`,
  );
}

/**
 * One subject token as one topic level: the reverse of `encodeLevel`.
 *
 * `//` is `.`, `/xHH` is its character where `encodeLevel` writes it so, and a `/` before the next `.` adds nothing (so
 * the token `/` is the empty level). Any other `/` is refused, or kept where the rule is lenient.
 * @param isLast the token ends the subject.
 */
export function decodeToken(token: string, isLast: boolean, options: CodecOptions): Mapped {
  if (token === '') return unmappable('empty-token', 'it has an empty token');
  if (token.includes('\u0000')) return unmappable('nul', 'it contains U+0000');
  if (/[+#]/.test(token))
    return unmappable('mqtt-wildcard', `token ${quote(token)} contains + or #, which no MQTT topic may`);
  if (!token.includes('/')) return mapped(token);
  if (token === '/' && options.emptyLevel === 'slash') return mapped('');
  let level = '';
  for (let at = 0; at < token.length; ) {
    if (token[at] !== '/') {
      const next = token.indexOf('/', at);
      level += token.slice(at, next === -1 ? token.length : next);
      at = next === -1 ? token.length : next;
      continue;
    }
    const unit = decodeUnit(token, at, isLast, options);
    if (unit.kind === 'unmappable') return unit;
    level += unit.text;
    at += unit.length;
  }
  return mapped(level);
}

type Unit = { readonly kind: 'unit'; readonly text: string; readonly length: number } | ReturnType<typeof unmappable>;

/** What the `/` at `at` stands for. */
function decodeUnit(token: string, at: number, isLast: boolean, options: CodecOptions): Unit {
  if (options.dot === 'double-slash' && token[at + 1] === '/') return { kind: 'unit', text: '.', length: 2 };
  const isBeforeDot = at === token.length - 1 && !isLast;
  if (isBeforeDot && options.emptyLevel === 'slash') return { kind: 'unit', text: '', length: 1 };
  const digits = /^\/x([0-9A-F]{2})/.exec(token.slice(at, at + 4))?.[1];
  if (digits !== undefined && options.special === 'escape') {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    const isWholeToken = token.length === 4;
    if (character.search(specialCharacters) === 0 || (isWholeToken && (character === '*' || character === '>')))
      return { kind: 'unit', text: character, length: 4 };
  }
  if (options.loneSlash === 'literal') return { kind: 'unit', text: '/', length: 1 };
  if (digits === undefined)
    return unmappable('lone-slash', `the "/" in token ${quote(token)} stands for no topic character`);
  return unmappable('invalid-escape', `"/x${digits}" in token ${quote(token)} is not an escape that topics need`);
}
