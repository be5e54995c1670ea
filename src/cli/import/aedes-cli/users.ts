import { userProblem } from '../../../auth/passwords/lines.ts';
import type { RuleOptions } from '../../../auth/rules/rule-options.ts';
import { AppError } from '../../../kernel/errors.ts';
import { differs, leftOut, type Note, type NoteOutcome, noteOf } from '../note.ts';
import { sourceLineOf } from '../source-line.ts';
import { credentialsSchema } from './credentials-schema.ts';
import { topicOfGlob } from './topic-glob.ts';

/** PBKDF2 of aedes-cli: SHA-256, 256 bytes, of which the first 64 tell as much. */
const iterations = 10_000;
const keyDigits = 2 * 64;

export interface AedesUsers {
  /** `user:hash` */
  readonly lines: readonly string[];
  readonly rules: readonly RuleOptions[];
  readonly notes: readonly Note[];
}

/** Users of the file that `aedes adduser` writes, and what they may do. @throws AppError usage */
export function importCredentials(file: string, text: string): AedesUsers {
  const lines: string[] = [];
  const rules: RuleOptions[] = [];
  const notes: Note[] = [];
  for (const [user, entry] of Object.entries(read(file, text))) {
    const place = { file, line: sourceLineOf(text, JSON.stringify(user)) };
    const problem = problemOf(user, entry.hash);
    notes.push(noteOf(place, `user ${user}`, problem));
    if (problem !== undefined) continue;
    lines.push(`${user}:$emqx-pbkdf2-sha256$i=${iterations}$${entry.salt}$${entry.hash.slice(0, keyDigits)}`);
    for (const [action, glob = '**'] of [
      ['publish', entry.authorizePublish],
      ['subscribe', entry.authorizeSubscribe],
    ] as const) {
      const topic = topicOfGlob(glob);
      notes.push(noteOf(place, `user ${user}: ${action} ${glob}`, outcomeOf(glob, topic)));
      if (topic === 'all') rules.push({ allow: action, user });
      else if (topic !== undefined) rules.push({ allow: action, user, topics: [topic] });
    }
  }
  return { lines, rules, notes };
}

function read(file: string, text: string) {
  try {
    return credentialsSchema.parse(JSON.parse(text));
  } catch (cause) {
    const expected = 'an object with salt and hash for each user, as aedes adduser writes it';
    throw new AppError('usage', `${file} has no credentials of aedes-cli: ${expected}`, { cause });
  }
}

function problemOf(user: string, hash: string): NoteOutcome | undefined {
  if (userProblem(user) !== undefined) return leftOut('its user name cannot stand in a password file');
  return /^[0-9a-f]+$/i.test(hash) && hash.length >= keyDigits
    ? undefined
    : leftOut('its hash is not the one that aedes adduser makes; give the user a new password');
}

function outcomeOf(glob: string, topic: string | undefined): NoteOutcome | undefined {
  if (topic === undefined)
    return leftOut('no topic filter says the same; the user may not until a rule allows it (docs/access-rules.md)');
  return glob.endsWith('/**') ? differs(`"${topic}" takes the topic above it as well`) : undefined;
}
