import type { RuleOptions } from '../../../auth/rules/rule-options.ts';
import { AppError } from '../../../kernel/errors.ts';
import type { Imported, ReadText } from '../imported.ts';
import { differs, leftOut, type Note, type NoteOutcome, noteOf } from '../note.ts';
import { importAclConf } from './acl-conf.ts';
import { importDatabaseRules } from './database-rules.ts';
import { type HoconSetting, parseHocon } from './hocon.ts';
import { importListeners, settingText } from './listeners.ts';
import { outcomeOfOther, type SettingsDraft, settingTakes } from './settings.ts';
import { defaultForm, type HashForm, importUsers } from './users.ts';

/** Files of EMQX, each where it is. */
export interface EmqxFiles {
  /** emqx.conf or cluster.hocon; undefined: its defaults. */
  readonly conf: string | undefined;
  readonly acl: string | undefined;
  readonly users: string | undefined;
  readonly rules: readonly string[];
}

/** The group of those whom no rule holds back. */
const superusers = 'superusers';

/** @throws AppError usage where a file cannot be read, or is none of EMQX */
export async function importEmqx(files: EmqxFiles, read: ReadText): Promise<Imported> {
  const { conf } = files;
  const settings = conf === undefined ? [] : settingsOf(conf, await read(conf));
  const place = conf ?? 'emqx.conf';
  const at = (root: string): readonly HoconSetting[] => settings.filter(({ path }) => path[0] === root);
  const { drafts, notes } = importListeners(place, at('listeners'));
  const draft: SettingsDraft = { limits: {}, store: {}, mqtt: {}, log: {}, certificate: {} };
  const others = settings.filter(
    ({ path }) => !['listeners', 'authentication', 'authorization'].includes(path[0] ?? ''),
  );
  const taken = others.map((setting) =>
    noteOf({ file: place, line: setting.line }, settingText(setting), takeSetting(draft, setting)),
  );

  const users =
    files.users === undefined
      ? undefined
      : importUsers(files.users, await read(files.users), formOf(at('authentication')));
  const judged = await rulesOf(files, at('authorization'), read);
  const names = drafts.map(({ name }) => name);
  const passwords = users?.lines ?? [];
  const { mqtt, limits, store, log, certificate } = draft;
  return {
    config: {
      listeners: drafts.map((one) => (isEmpty(mqtt) ? one : { ...one, mqtt })),
      access: {
        anonymous: at('authentication').length === 0 && passwords.length === 0 ? names : 'never',
        ...(passwords.length === 0 ? {} : { passwords: { file: 'passwd' } }),
        ...(isEmpty(certificate) ? {} : { certificate }),
        ...(users === undefined || users.superusers.length === 0 ? {} : { groups: { [superusers]: users.superusers } }),
        ...rulesWith(users?.superusers ?? [], judged.rules),
        denied: { before5: judged.denied },
      },
      ...(isEmpty(limits) ? {} : { limits }),
      ...(isEmpty(store) ? {} : { store }),
      ...(isEmpty(log) ? {} : { log }),
    },
    passwords,
    notes: [
      ...notes,
      ...taken,
      ...at('authentication').map((setting) =>
        noteOf({ file: place, line: setting.line }, settingText(setting), authenticationOutcome(setting)),
      ),
      ...judged.notes,
      ...(users?.notes ?? []),
    ],
  };
}

const isEmpty = (record: object): boolean => Object.keys(record).length === 0;

function settingsOf(file: string, text: string): readonly HoconSetting[] {
  const settings = parseHocon(text);
  if ('problem' in settings) throw new AppError('usage', `${file}:${settings.line}: ${settings.problem}`);
  return settings;
}

function takeSetting(draft: SettingsDraft, { path, value }: HoconSetting): NoteOutcome | undefined {
  const name = path.join('.');
  const take = settingTakes[name];
  return take !== undefined && typeof value === 'string' ? take(draft, value) : outcomeOfOther(name);
}

/** How the built-in database keeps passwords. */
function formOf(settings: readonly HoconSetting[]): HashForm {
  const text = (name: string): string | undefined => {
    const value = settings.findLast(
      ({ path }) => path.slice(-2).join('.') === `password_hash_algorithm.${name}`,
    )?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const one = <T extends string>(value: string | undefined, allowed: readonly T[], other: T): T =>
    allowed.find((form) => form === value) ?? other;
  return {
    name: one(text('name'), ['sha256', 'sha512', 'bcrypt', 'pbkdf2'], defaultForm.name),
    position: one(text('salt_position'), ['prefix', 'suffix', 'disable'], defaultForm.position),
    iterations: Number(text('iterations') ?? defaultForm.iterations),
    digest: one(text('mac_fun'), ['sha256', 'sha512', 'sha1'], defaultForm.digest),
  };
}

function authenticationOutcome({ path, value }: HoconSetting): NoteOutcome | undefined {
  const field = path.slice(2).join('.');
  if (field === 'backend')
    return value === 'built_in_database'
      ? differs('give its users with --users')
      : leftOut('see access.http, access.jwt and access.nats for what can be asked in its place');
  if (
    field === 'mechanism' ||
    field.startsWith('password_hash_algorithm') ||
    field === 'user_id_type' ||
    field === 'enable'
  )
    return undefined;
  return leftOut('see access.http, access.jwt and access.nats');
}

interface Judged {
  readonly rules: readonly RuleOptions[];
  readonly denied: 'drop' | 'disconnect';
  readonly notes: readonly Note[];
}

/** Rules of the database and of acl.conf, and what is so where none of them fits. */
async function rulesOf(files: EmqxFiles, settings: readonly HoconSetting[], read: ReadText): Promise<Judged> {
  const rules: RuleOptions[] = [];
  const notes: Note[] = [];
  for (const file of files.rules) {
    const imported = importDatabaseRules(file, await read(file));
    rules.push(...imported.rules);
    notes.push(...imported.notes);
  }
  if (files.acl !== undefined) {
    const imported = importAclConf(files.acl, await read(files.acl));
    rules.push(...imported.rules);
    notes.push(...imported.notes);
  }
  const text = (name: string): HoconSetting['value'] | undefined =>
    settings.find(({ path }) => path[1] === name)?.value;
  if (rules.length > 0 && (text('no_match') ?? 'allow') === 'allow') rules.push({ allow: 'all' });
  for (const setting of settings)
    notes.push(
      noteOf(
        { file: files.conf ?? 'emqx.conf', line: setting.line },
        settingText(setting),
        authorizationOutcome(setting),
      ),
    );
  return { rules, notes, denied: text('deny_action') === 'disconnect' ? 'disconnect' : 'drop' };
}

function authorizationOutcome({ path, value }: HoconSetting): NoteOutcome | undefined {
  const [, name = '', , field] = path;
  if (name === 'no_match' || name === 'deny_action' || field === 'enable') return undefined;
  if (name === 'sources' && field === 'type')
    return value === 'file'
      ? differs('give it with --acl')
      : value === 'built_in_database'
        ? differs('give its rules with --rules')
        : leftOut('see access.http');
  return leftOut(name === 'cache' ? 'verdicts are remembered by themselves' : 'it has no counterpart');
}

const rulesWith = (
  users: readonly string[],
  rules: readonly RuleOptions[],
): { readonly rules?: readonly RuleOptions[] } => {
  if (rules.length === 0) return {};
  return { rules: users.length === 0 ? rules : [{ allow: 'all', group: superusers }, ...rules] };
};
