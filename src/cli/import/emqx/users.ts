import { userProblem } from '../../../auth/passwords/lines.ts';
import { AppError } from '../../../kernel/errors.ts';
import { leftOut, type Note, noteOf } from '../note.ts';
import { type User, userSchema, usersSchema } from './users-schema.ts';

/** How a built-in database of EMQX keeps passwords: what its export does not say. */
export interface HashForm {
  readonly name: 'sha256' | 'sha512' | 'bcrypt' | 'pbkdf2';
  readonly position: 'prefix' | 'suffix' | 'disable';
  /** Of pbkdf2. */
  readonly iterations: number;
  readonly digest: 'sha256' | 'sha512' | 'sha1';
}

/** As EMQX 5 has it where nothing is set. */
export const defaultForm: HashForm = { name: 'sha256', position: 'prefix', iterations: 4_096, digest: 'sha256' };

export interface ImportedUsers {
  /** `user:hash` */
  readonly lines: readonly string[];
  /** Who may do everything, whatever the rules say. */
  readonly superusers: readonly string[];
  readonly notes: readonly Note[];
}

/** Users of the built-in database, as JSON or CSV with the names in the first line. @throws AppError usage */
export function importUsers(file: string, text: string, form: HashForm): ImportedUsers {
  const users = text.trimStart().startsWith('[') ? fromJson(file, text) : fromCsv(file, text);
  const lines: string[] = [];
  const notes: Note[] = [];
  for (const [index, { user_id: user, password_hash: hash, salt = '' }] of users.entries()) {
    const isFit = userProblem(user) === undefined;
    if (isFit) lines.push(`${user}:${hashText(form, salt, hash)}`);
    const problem = leftOut('its user name cannot stand in a password file');
    notes.push(noteOf({ file, line: index + 1 }, `user ${user}`, isFit ? undefined : problem));
  }
  const superusers = users
    .filter(({ is_superuser: is }) => is === true || is === 'true')
    .map(({ user_id: user }) => user);
  return { lines, superusers, notes };
}

function hashText({ name, position, iterations, digest }: HashForm, salt: string, hash: string): string {
  if (name === 'bcrypt') return hash;
  return name === 'pbkdf2'
    ? `$emqx-pbkdf2-${digest}$i=${iterations}$${salt}$${hash}`
    : `$emqx-${name}$p=${position}$${salt}$${hash}`;
}

function fromJson(file: string, text: string): readonly User[] {
  try {
    return usersSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError(
      'usage',
      `${file} has no users of EMQX: a list of objects with user_id, password_hash and salt`,
      {
        cause,
      },
    );
  }
}

function fromCsv(file: string, text: string): readonly User[] {
  const [head = '', ...rows] = text.split(/\r?\n/).filter((row) => row !== '');
  const names = head.split(',');
  if (!names.includes('user_id') || !names.includes('password_hash'))
    throw new AppError(
      'usage',
      `${file} has no users of EMQX: its first line is not user_id,password_hash,salt,is_superuser`,
    );
  return rows.map((row, index) => {
    const cells = row.split(',');
    const user = userSchema.safeParse(Object.fromEntries(names.map((name, column) => [name, cells[column]])));
    if (!user.success) throw new AppError('usage', `${file}:${index + 2}: it has fewer columns than the first line`);
    return user.data;
  });
}
