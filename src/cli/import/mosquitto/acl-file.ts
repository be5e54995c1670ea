import { anonymousPrincipal } from '../../../auth/certificate-identity.ts';
import type { RuleOptions } from '../../../auth/rules/rule-options.ts';
import { differs, leftOut, type Note, noteOf } from '../note.ts';
import { braceProblem, hasBrace, literalTopic, patternTopic } from '../rule-text.ts';
import { splitOnce } from './statements.ts';

const accesses = ['read', 'write', 'readwrite', 'deny'] as const;
type Access = (typeof accesses)[number];

const isAccess = (text: string): text is Access => accesses.some((one) => one === text);

/** What a line of a user, or of all, is for. */
const options: Readonly<Record<Access, RuleOptions>> = {
  deny: { deny: 'all' },
  read: { allow: ['subscribe', 'receive'] },
  write: { allow: 'publish' },
  readwrite: { allow: 'all' },
};

/** Lines about the same clients. */
interface Section {
  readonly user: string | undefined;
  readonly topics: Readonly<Record<Access, string[]>>;
}

const sectionFor = (user: string | undefined): Section => ({
  user,
  topics: { deny: [], read: [], write: [], readwrite: [] },
});

/** What more a client must have. */
export interface Scope {
  readonly listener?: string | readonly string[];
}

export interface ImportedAcl {
  readonly rules: readonly RuleOptions[];
  readonly notes: readonly Note[];
}

/**
 * An `acl_file` as rules. Mosquitto asks the lines of a user first and then the patterns, which are for all, and in each
 * of them those that deny first.
 * @param scope what more a client must have, where the file is for one listener
 */
export function importAcl(file: string, text: string, scope: Scope = {}): ImportedAcl {
  const notes: Note[] = [];
  const users = new Map<string, Section>([[anonymousPrincipal, sectionFor(anonymousPrincipal)]]);
  const patterns = sectionFor(undefined);
  let current = users.get(anonymousPrincipal);
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const note = (outcome?: ReturnType<typeof differs>): void => {
      notes.push(noteOf({ file, line: index + 1 }, line, outcome));
    };
    const [key, value] = splitOnce(line);
    if (key === 'user') {
      current = hasBrace(value) ? undefined : (users.get(value) ?? sectionFor(value));
      if (current?.user !== undefined) users.set(current.user, current);
      note(current === undefined ? leftOut(braceProblem) : undefined);
    } else if (key !== 'topic' && key !== 'pattern') note(leftOut('mosquitto knows user, topic and pattern here'));
    else if (key === 'topic' && current === undefined) note(leftOut('its user is left out'));
    else note(addTopic(key === 'topic' ? (current ?? patterns) : patterns, key, value));
  }
  const sections = [...users.values(), patterns];
  return { rules: sections.flatMap((section) => rulesOf(section, scope)), notes: withReading(notes) };
}

const reading =
  'a subscription is refused unless all that it can match may be read; mosquitto grants it and leaves out the rest at delivery: clients that subscribe wider than they may read need a wider line';

/** What is true of all lines that let somebody read is said at the first. */
function withReading(notes: readonly Note[]): readonly Note[] {
  const first = notes.findIndex(({ text, outcome }) => outcome === 'taken' && /^(topic|pattern) read/.test(text));
  return notes.map((note, index) => (index === first ? { ...note, ...differs(reading) } : note));
}

function addTopic(
  { topics }: Section,
  key: 'topic' | 'pattern',
  value: string,
): ReturnType<typeof differs> | undefined {
  const [first, rest] = splitOnce(value);
  const [access, filter] = isAccess(first) && rest !== '' ? [first, rest] : (['readwrite', value] as const);
  const topic = key === 'topic' ? literalTopic(filter) : patternTopic(filter);
  if (topic === undefined) return leftOut(braceProblem);
  topics[access].push(topic);
  return undefined;
}

function rulesOf({ user, topics }: Section, scope: Scope): RuleOptions[] {
  const order = ['deny', 'readwrite', 'read', 'write'] as const;
  return order.flatMap((access) =>
    topics[access].length === 0
      ? []
      : [{ ...options[access], topics: topics[access], ...(user === undefined ? {} : { user }), ...scope }],
  );
}
