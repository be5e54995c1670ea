import { topicFilterProblem } from '../../mqtt/topic.ts';
import { type FieldName, fieldNames, isFieldName } from '../certificate-field.ts';

/** What is known of a client, in the place of text. */
export type Variable =
  | { readonly kind: 'user' }
  | { readonly kind: 'clientId' }
  | { readonly kind: 'certificate'; readonly field: FieldName }
  | { readonly kind: 'claim'; readonly name: string }
  /** What stood in this place of the user name or client id. */
  | { readonly kind: 'capture'; readonly name: string };

export const anyLevel: unique symbol = Symbol('+');
export const anyRest: unique symbol = Symbol('#');

/** A level with something of the client in it. */
export interface TemplateLevel {
  /** As it is written, which names it. */
  readonly source: string;
  readonly parts: readonly (string | Variable)[];
}

/** Text, `+`, `#`, or what becomes text once the client is known. */
export type Level = string | typeof anyLevel | typeof anyRest | TemplateLevel;

/** A topic filter with places for what is known of a client. */
export interface TopicPattern {
  readonly source: string;
  readonly levels: readonly Level[];
}

const captureName = /^[A-Za-z][A-Za-z0-9_]*$/;
export const isCaptureName = (text: string): boolean => captureName.test(text);

const tokens = /%[cu%]|\$\{[^}]*\}|\{[^{}]*\}|\/|[^%${}/]+|[\s\S]/g;
const claimPrefix = 'claim.';
const certificatePrefix = 'cert.';

/**
 * Parses a topic filter such as `devices/%u/#`.
 * @param captures names that the user name or client id of the rule gives
 * @returns the pattern, or the sentence that says what is wrong
 */
export function parseTopicPattern(source: string, captures: ReadonlySet<string>): TopicPattern | string {
  const levels: (string | Variable)[][] = [[]];
  for (const token of source.match(tokens) ?? []) {
    if (token === '/') {
      levels.push([]);
      continue;
    }
    const part = parseToken(token, captures);
    if (typeof part === 'object' && 'problem' in part) return `"${source}": ${part.problem}`;
    const parts = levels.at(-1)!;
    const before = parts.at(-1);
    if (typeof part === 'string' && typeof before === 'string') parts[parts.length - 1] = before + part;
    else parts.push(part);
  }
  if (/^\$share(\/|$)/.test(source))
    return `"${source}": a rule speaks of topics; leave out $share and the group, it counts for shared subscriptions as well`;
  const problem = topicFilterProblem(levels.map((parts) => parts.map(asText).join('')).join('/'));
  if (problem !== undefined) return `"${source}": ${problem}`;
  return { source, levels: levels.map(levelOf) };
}

const asText = (part: string | Variable): string => (typeof part === 'string' ? part : 'x');

function levelOf(parts: readonly (string | Variable)[]): Level {
  const [first = ''] = parts;
  if (parts.length > 1 || typeof first !== 'string') return { source: parts.map(nameOf).join(''), parts };
  if (first === '+') return anyLevel;
  return first === '#' ? anyRest : first;
}

/** Not to be mistaken for other text: no topic that is written has a NUL. */
const nameOf = (part: string | Variable): string => (typeof part === 'string' ? part : `\0${JSON.stringify(part)}\0`);

const forms = `there are %u, %c, \${cert.FIELD} with ${fieldNames.join(', ')}, \${claim.NAME}, and {NAME} for what user or clientId of the rule capture`;

function parseToken(token: string, captures: ReadonlySet<string>): string | Variable | { readonly problem: string } {
  if (token === '%u') return { kind: 'user' };
  if (token === '%c') return { kind: 'clientId' };
  if (token === '%%') return '%';
  if (token === '{' || token === '}') return { problem: `a brace is not closed or not opened; ${forms}` };
  if (token.startsWith('{')) {
    const name = token.slice(1, -1);
    return captures.has(name)
      ? { kind: 'capture', name }
      : { problem: `neither user nor clientId of the rule captures {${name}}; ${forms}` };
  }
  return token.startsWith('${') ? parseField(token.slice(2, -1)) : token;
}

function parseField(text: string): Variable | { readonly problem: string } {
  if (text.startsWith(claimPrefix) && text.length > claimPrefix.length)
    return { kind: 'claim', name: text.slice(claimPrefix.length) };
  const field = text.startsWith(certificatePrefix) ? text.slice(certificatePrefix.length) : '';
  return isFieldName(field) ? { kind: 'certificate', field } : { problem: `\${${text}} is nothing; ${forms}` };
}
