import type { Action, RuleOptions } from '../../../auth/rules/rule-options.ts';
import { AppError } from '../../../kernel/errors.ts';
import { differs, leftOut, type Note, type NoteOutcome, noteOf } from '../note.ts';
import { braceProblem, hasBrace, literalTopic } from '../rule-text.ts';
import { type AssignedRoles, type DynamicSecurity, dynamicSecuritySchema } from './dynamic-security-schema.ts';

const actionOf: Readonly<Record<string, Action>> = {
  publishClientSend: 'publish',
  publishClientReceive: 'receive',
  subscribeLiteral: 'subscribe',
  subscribePattern: 'subscribe',
};

export interface ImportedSecurity {
  readonly passwords: readonly string[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly rules: readonly RuleOptions[];
  readonly notes: readonly Note[];
}

/**
 * The file of mosquitto's plugin `mosquitto_dynamic_security.so`. A role becomes a group of the same name with all who
 * have it, by themselves or through a group; roles come in the order of their highest priority.
 * @throws AppError usage where it is no such file
 */
export function importDynamicSecurity(file: string, text: string): ImportedSecurity {
  const security = read(file, text);
  const notes: Note[] = [];
  const note = (what: string, outcome: NoteOutcome | undefined): void =>
    void notes.push(noteOf({ file, line: 1 }, what, outcome));
  const passwords: string[] = [];
  for (const client of security.clients ?? []) {
    const { username, password, salt, iterations, disabled, clientid } = client;
    const canLogIn = password !== undefined && salt !== undefined && disabled !== true;
    if (canLogIn) passwords.push(`${username}:$7$${iterations ?? 101}$${salt}$${password}`);
    const why = disabled === true ? 'it is disabled' : 'it has no password';
    if (!canLogIn) note(`client ${username}`, leftOut(why));
    else
      note(
        `client ${username}`,
        clientid === undefined ? undefined : differs(`it may use any client id, not ${clientid} alone`),
      );
  }
  const holders = holdersOf(security);
  const priority = (role: string): number => holders.get(role)?.priority ?? 0;
  const rules: RuleOptions[] = [];
  for (const role of (security.roles ?? []).toSorted((a, b) => priority(b.rolename) - priority(a.rolename))) {
    for (const acl of (role.acls ?? []).toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0))) {
      const what = `role ${role.rolename}: ${acl.acltype} ${acl.topic}`;
      const action = actionOf[acl.acltype];
      const topic = literalTopic(acl.topic);
      if (action === undefined) note(what, leftOut('whoever subscribed may unsubscribe'));
      else if (topic === undefined || hasBrace(role.rolename)) note(what, leftOut(braceProblem));
      else {
        rules.push({ ...(acl.allow ? { allow: action } : { deny: action }), topics: [topic], group: role.rolename });
        note(what, undefined);
      }
    }
  }
  return {
    passwords,
    groups: Object.fromEntries([...holders].map(([role, { users }]) => [role, [...users]])),
    rules: [...rules, ...defaults(security, note)],
    notes,
  };
}

function read(file: string, text: string): DynamicSecurity {
  try {
    return dynamicSecuritySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('usage', `${file} is no file of mosquitto's dynamic security plugin`, { cause });
  }
}

interface Holders {
  priority: number;
  readonly users: Set<string>;
}

/** Who has each role. */
function holdersOf({ roles = [], clients = [], groups = [] }: DynamicSecurity): ReadonlyMap<string, Holders> {
  const holders = new Map<string, Holders>(roles.map(({ rolename }) => [rolename, { priority: 0, users: new Set() }]));
  const give = (given: AssignedRoles, users: readonly string[]): void => {
    for (const { rolename, priority = 0 } of given ?? []) {
      const one = holders.get(rolename);
      if (one === undefined) continue;
      one.priority = Math.max(one.priority, priority);
      for (const user of users) one.users.add(user);
    }
  };
  for (const { username, roles: own } of clients) give(own, [username]);
  for (const { roles: given, clients: members = [] } of groups)
    give(
      given,
      members.map(({ username }) => username),
    );
  return holders;
}

/** What is so for whoever no role speaks of. */
function defaults(
  { defaultACLAccess = {}, anonymousGroup }: DynamicSecurity,
  note: (what: string, outcome: NoteOutcome | undefined) => void,
): RuleOptions[] {
  const rules: RuleOptions[] = [];
  for (const [name, action] of [
    ['publishClientSend', 'publish'],
    ['publishClientReceive', 'receive'],
    ['subscribe', 'subscribe'],
  ] as const) {
    if (defaultACLAccess[name] !== true) continue;
    rules.push({ allow: action });
    note(`defaultACLAccess ${name}`, undefined);
  }
  if (anonymousGroup !== undefined)
    note(
      `anonymousGroup ${anonymousGroup}`,
      leftOut('write rules with user: anonymous for clients without an identity'),
    );
  return rules;
}
