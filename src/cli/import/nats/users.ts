import { argon2Hash } from '../../../auth/passwords/argon2.ts';
import { userProblem } from '../../../auth/passwords/lines.ts';
import type { RuleOptions } from '../../../auth/rules/rule-options.ts';
import { differs, leftOut } from '../note.ts';
import { hasBrace } from '../rule-text.ts';
import type { ConfEntry, ConfValue } from './conf.ts';
import { importPermissions, type Tell } from './permissions.ts';
import { entriesOf, textAt, valueAt } from './settings.ts';

export interface NatsUsers {
  /** `user:hash` */
  readonly lines: string[];
  readonly rules: RuleOptions[];
}

/** The least that OWASP recommends, as `access.passwords.argon2` has it. */
const cost = { memoryKiB: 19_456, passes: 2, lanes: 1 };

const isBcrypt = (text: string): boolean => /^\$2[aby]\$/.test(text);

/** Users of a block `authorization`, or of an account. @param place the setting that they stand in */
export async function importNatsUsers(place: ConfEntry, found: NatsUsers, tell: Tell): Promise<void> {
  const block = entriesOf(place.value);
  const usual = entriesOf(valueAt(block, 'default_permissions'));
  if (valueAt(block, 'user', 'username') !== undefined) await importUser(place, block, usual, found, tell);
  for (const entry of block) {
    const key = entry.key.toLowerCase();
    if (key === 'users' && entry.value.kind === 'list')
      for (const one of entry.value.items) await importUser(entry, entriesOf(one), usual, found, tell);
    else if (key === 'token') tell(entry, leftOut('tokens are taken where access.jwt is set; give each client a user'));
    else if (key === 'timeout') tell(entry, differs('see limits.connectTimeout and limits.authenticationTimeout'));
    else if (!/^(user|username|pass|password|users|default_permissions|permissions)$/.test(key))
      tell(entry, leftOut('it has no counterpart'));
  }
}

async function importUser(
  place: ConfEntry,
  user: readonly ConfEntry[],
  usual: readonly ConfEntry[],
  { lines, rules }: NatsUsers,
  tell: Tell,
): Promise<void> {
  const first = user[0] ?? place;
  const name = textAt(user, 'user', 'username');
  const password = textAt(user, 'pass', 'password');
  const types = valueAt(user, 'allowed_connection_types');
  if (name === undefined || password === undefined)
    tell(first, leftOut('it has no user name with a password; keys and tokens of NATS (nkey, jwt) are none of MQTT'));
  else if (hasBrace(name) || userProblem(name) !== undefined)
    tell(first, leftOut('its user name cannot stand in our files'));
  else if (types !== undefined && !namesMqtt(types)) tell(first, leftOut('it may not connect by MQTT'));
  else {
    const hash = isBcrypt(password) ? password : await argon2Hash(Buffer.from(password), cost);
    lines.push(`${name}:${hash}`);
    tell(
      first,
      isBcrypt(password) ? undefined : differs('its password stood there as it is, and is written as a hash'),
    );
    const own = entriesOf(valueAt(user, 'permissions', 'permission', 'authorization'));
    rules.push(...importPermissions(name, own.length > 0 ? own : usual, tell));
  }
}

const namesMqtt = (types: ConfValue): boolean =>
  types.kind === 'list' && types.items.some((one) => one.kind === 'text' && /^MQTT/i.test(one.text));
