import type { RuleOptions } from '../../../auth/rules/rule-options.ts';
import type { Imported, ListenerDraft } from '../imported.ts';
import { differs, leftOut, type Note, type NoteOutcome, noteOf } from '../note.ts';
import { importAcl, type Scope } from './acl-file.ts';
import { importDynamicSecurity } from './dynamic-security.ts';
import { type GeneralDraft, generalTakes } from './general.ts';
import { group } from './group.ts';
import { type ImportedListener, importListener } from './listener.ts';
import { importPasswords } from './password-file.ts';
import { type Files, readStatements, type Statement } from './statements.ts';

/** Who may connect and do what, as it comes together. */
interface Access {
  readonly passwords: Map<string, string>;
  readonly rules: RuleOptions[];
  groups: Record<string, readonly string[]>;
  readonly anonymous: Set<string>;
  readonly notes: Note[];
}

/** Reads a mosquitto.conf with the files that it names. @throws AppError usage where one of them cannot be read */
export async function importMosquitto(file: string, files: Files): Promise<Imported> {
  const { listeners: found, general, bridges, perListener } = group(await readStatements(file, files));
  const names = new Set<string>();
  const listeners: ImportedListener[] = [];
  for (const lines of found) {
    const listener = importListener(lines, names);
    names.add(listener.draft.name);
    listeners.push(listener);
  }
  const drafts = listeners.map(({ draft }) => draft);
  const access: Access = { passwords: new Map(), rules: [], groups: {}, anonymous: new Set(), notes: [] };
  const isLocal = found.length === 1 && found[0]?.opened === undefined;
  for (const { draft, security } of perListener ? listeners : [])
    await takeSecurity(security, { access, files, listeners: [draft], scope: { listener: draft.name }, isLocal });
  const draft: GeneralDraft = { limits: {}, store: {}, queue: {}, log: {}, mqtt: {}, metrics: {} };
  const notes = general.flatMap((statement) => {
    const take = generalTakes[statement.key];
    return take === undefined ? [] : [noteOf(statement, textOf(statement), take(draft, statement.value))];
  });
  const rest = general.filter(({ key }) => !Object.hasOwn(generalTakes, key));
  const scope = perListener ? { listener: drafts.map(({ name }) => name) } : {};
  await takeSecurity(rest, { access, files, listeners: perListener ? [] : drafts, scope, isLocal });
  for (const listener of listeners) nameClients(listener, access);
  return {
    config: configOf(
      drafts.map((one) => withPaths(one, files.path)),
      draft,
      access,
    ),
    passwords: [...access.passwords].map(([user, hash]) => `${user}:${hash}`),
    notes: [
      ...listeners.flatMap((one) => one.notes),
      ...notes,
      ...access.notes,
      ...bridges.map((statement) => noteOf(statement, shownOf(statement), bridgeOutcome(statement))),
    ],
  };
}

const textOf = ({ key, value }: Statement): string => `${key} ${value}`;
const shownOf = (statement: Statement): string =>
  statement.key.includes('password') ? `${statement.key} ...` : textOf(statement);

const bridgeOutcome = ({ key }: Statement): NoteOutcome =>
  leftOut(
    key === 'connection'
      ? 'this broker bridges to NATS; let the other broker bridge to this one, which takes it as a client'
      : 'it is about a bridge to another MQTT broker',
  );

interface Target {
  readonly access: Access;
  readonly files: Files;
  /** That the lines are about. */
  readonly listeners: readonly ListenerDraft[];
  readonly scope: Scope;
  /** Nothing in the file opens a listener: mosquitto then serves this machine, and lets everybody in. */
  readonly isLocal: boolean;
}

async function takeSecurity(statements: readonly Statement[], target: Target): Promise<void> {
  const { access, listeners, isLocal } = target;
  const anonymous = statements.findLast(({ key }) => key === 'allow_anonymous')?.value;
  if (anonymous === 'true' || (anonymous === undefined && isLocal))
    for (const { name } of listeners) access.anonymous.add(name);
  for (const statement of statements) {
    const outcome = await takeOne(statement, target);
    access.notes.push(noteOf(statement, shownOf(statement), outcome));
  }
  const hasRules = statements.some(({ key }) => key === 'acl_file' || key === 'plugin_opt_config_file');
  if (!hasRules && listeners.length > 0 && target.scope.listener !== undefined)
    access.rules.push({ allow: 'all', ...target.scope });
}

async function takeOne(
  { key, value }: Statement,
  { access, files, listeners, scope }: Target,
): Promise<NoteOutcome | undefined> {
  switch (key) {
    case 'allow_anonymous':
      return undefined;
    case 'password_file': {
      const { lines, notes } = importPasswords(value, await files.text(value));
      for (const line of lines) addPassword(access.passwords, line);
      access.notes.push(...notes);
      return scope.listener === undefined
        ? undefined
        : differs('its users may log in on every listener; rules tell them apart by listener');
    }
    case 'acl_file': {
      const { rules, notes } = importAcl(value, await files.text(value), scope);
      access.rules.push(...rules);
      access.notes.push(...notes);
      return undefined;
    }
    case 'psk_file':
      for (const listener of listeners)
        if (listener.tls === 'one-way' && listener.certificate === undefined)
          listener.psk = { identities: { file: value } };
      return undefined;
    case 'plugin':
    case 'auth_plugin':
      return value.includes('dynamic_security')
        ? undefined
        : leftOut('plugins are not loaded; see access.http for a service that is asked instead');
    case 'plugin_opt_config_file': {
      const imported = importDynamicSecurity(value, await files.text(value));
      for (const line of imported.passwords) addPassword(access.passwords, line);
      access.groups = { ...access.groups, ...imported.groups };
      access.rules.push(...imported.rules);
      access.notes.push(...imported.notes);
      return undefined;
    }
    case 'allow_zero_length_clientid':
      return value === 'false' ? leftOut('a client without a client id gets one') : undefined;
    case 'auto_id_prefix':
      return leftOut('the client ids that are given begin with their own prefix');
    default:
      return leftOut('it is not known');
  }
}

function addPassword(passwords: Map<string, string>, line: string): void {
  const colon = line.indexOf(':');
  passwords.set(line.slice(0, colon), line.slice(colon + 1));
}

/** Who is asked on a listener that wants certificates: they name the client, or the password does that comes with them. */
function nameClients({ draft, namesBy }: ImportedListener, { passwords, anonymous }: Access): void {
  if (draft.tls !== 'two-way') return;
  if (namesBy === 'certificate') draft.authentication = ['certificate'];
  else if (passwords.size > 0 && !anonymous.has(draft.name)) draft.authentication = ['certificate+password'];
}

function configOf(listeners: readonly ListenerDraft[], draft: GeneralDraft, access: Access): Record<string, unknown> {
  const { limits, queue, log, metrics } = draft;
  const store = { ...draft.store, ...(isEmpty(queue) ? {} : { queue }) };
  const mqtt = draft.mqtt;
  return {
    listeners: listeners.map((one) => (isEmpty(mqtt) ? one : { ...one, mqtt: { ...mqtt, ...one.mqtt } })),
    access: {
      anonymous: access.anonymous.size === 0 ? 'never' : [...access.anonymous],
      ...(access.passwords.size === 0 ? {} : { passwords: { file: 'passwd' } }),
      ...(isEmpty(access.groups) ? {} : { groups: access.groups }),
      ...(access.rules.length === 0 ? {} : { rules: access.rules }),
    },
    ...(isEmpty(limits) ? {} : { limits }),
    ...(isEmpty(store) ? {} : { store }),
    ...(isEmpty(log) ? {} : { log }),
    ...(isEmpty(metrics) ? {} : { metrics }),
  };
}

const withPaths = (draft: ListenerDraft, path: Files['path']): ListenerDraft => ({
  ...draft,
  ...(draft.certificate === undefined ? {} : { certificate: path(draft.certificate) }),
  ...(draft.key === undefined ? {} : { key: path(draft.key) }),
  ...(draft.clientCa === undefined ? {} : { clientCa: path(draft.clientCa) }),
  ...(draft.psk === undefined ? {} : { psk: { identities: { file: path(draft.psk.identities.file) } } }),
});

const isEmpty = (record: object): boolean => Object.keys(record).length === 0;
