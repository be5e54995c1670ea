import { parseSocketAddress } from '../../../kernel/address.ts';
import { AppError } from '../../../kernel/errors.ts';
import type { Imported, ListenerDraft, ReadText } from '../imported.ts';
import { differs, leftOut, type Note, noteOf } from '../note.ts';
import type { ConfEntry } from './conf.ts';
import type { Tell } from './permissions.ts';
import { entriesOf, isUnknown, readSettings, textAt, valueAt } from './settings.ts';
import { importNatsUsers, type NatsUsers } from './users.ts';

/** The MQTT side of a nats-server: its listener, users and their permissions. */
export async function importNats(file: string, read: ReadText, path: (text: string) => string): Promise<Imported> {
  const settings = await readSettings(file, read);
  const notes: Note[] = [];
  const tell: Tell = (entry, outcome) => {
    notes.push(noteOf(entry, shownText(entry), outcome));
  };
  const found: NatsUsers = { lines: [], rules: [] };
  let listener: ListenerDraft | undefined;
  for (const entry of settings) {
    const key = entry.key.toLowerCase();
    if (isUnknown(entry.value)) tell(entry, leftOut('it is a variable of the environment; write its value there'));
    else if (key === 'mqtt') {
      listener = listenerOf(entry, tell, path);
      for (const inner of entriesOf(entry.value))
        if (/^authorization$/i.test(inner.key)) await importNatsUsers(inner, found, tell);
    } else if (key === 'authorization') await importNatsUsers(entry, found, tell);
    else if (key === 'accounts')
      for (const account of entriesOf(entry.value)) {
        if (account.key.startsWith('$')) continue;
        tell(
          account,
          differs('accounts keep subjects apart; here all users share one space, and rules tell them apart'),
        );
        await importNatsUsers(account, found, tell);
      }
    else tell(entry, leftOut('it is no part of MQTT; leave nats-server as it is, and name it in nats.servers'));
  }
  if (listener === undefined) throw new AppError('usage', `${file} has no block mqtt { }, so that nothing is imported`);
  const { lines, rules } = found;
  const hasUsers = lines.length > 0;
  const bridge = rules.length > 0 ? [{ allow: 'all', listener: 'nats' } as const] : [];
  const access = hasUsers
    ? { anonymous: 'never', passwords: { file: 'passwd' }, rules: [...rules, ...bridge] }
    : { anonymous: [listener.name] };
  return {
    config: { listeners: [hasUsers ? withPasswords(listener) : listener], access },
    passwords: lines,
    notes: notes.toSorted((a, b) => (a.file === b.file ? a.line - b.line : 0)),
  };
}

/** Who shows a certificate proves by a password who it is, as in nats-server. */
const withPasswords = (listener: ListenerDraft): ListenerDraft =>
  listener.tls === 'two-way' ? { ...listener, authentication: ['certificate+password'] } : listener;

/** A block by its name alone, and nothing that may be secret. */
const shownText = ({ key, value }: ConfEntry): string =>
  value.kind === 'map' ? `${key} {` : /pass|token|seed|jwt/i.test(key) ? `${key}: ...` : `${key}${textOf(value)}`;
const textOf = (value: ConfEntry['value']): string =>
  value.kind === 'text'
    ? `: ${value.text}`
    : value.kind === 'list' && value.items.every(({ kind }) => kind === 'text')
      ? `: [${value.items.map((item) => (item.kind === 'text' ? item.text : '')).join(', ')}]`
      : ': [';

function listenerOf(block: ConfEntry, tell: Tell, path: (text: string) => string): ListenerDraft {
  const entries = entriesOf(block.value);
  const listen = textAt(entries, 'listen') ?? '';
  const address = parseSocketAddress(/^\d+$/.test(listen) ? `0.0.0.0:${listen}` : listen);
  const host = textAt(entries, 'host', 'net') ?? (typeof address === 'string' ? '0.0.0.0' : address.host);
  const port = textAt(entries, 'port') ?? (typeof address === 'string' ? '1883' : `${address.port}`);
  const tls = entriesOf(valueAt(entries, 'tls'));
  const isTls = tls.length > 0;
  const isTwoWay = /^(true|yes|on)$/i.test(textAt(tls, 'verify') ?? '');
  const file = (name: string): string | undefined => {
    const text = textAt(tls, name);
    return text === undefined ? undefined : path(text);
  };
  const [certificate, key, clientCa] = ['cert_file', 'key_file', 'ca_file'].map(file);
  for (const entry of entries) {
    const name = entry.key.toLowerCase();
    if (name === 'tls')
      for (const inner of entriesOf(entry.value))
        tell(
          inner,
          /^(cert_file|key_file|ca_file|verify)$/i.test(inner.key)
            ? undefined
            : leftOut('see listeners[].policy, and access.certificate for names in certificates'),
        );
    else if (/^(listen|host|net|port)$/.test(name)) tell(entry, undefined);
    else if (name === 'max_ack_pending') tell(entry, leftOut('see limits.inFlight'));
    else if (name === 'no_auth_user')
      tell(entry, leftOut('name the listener in access.anonymous, and give rules to the user anonymous'));
    else if (name !== 'authorization') tell(entry, leftOut('it has no counterpart'));
  }
  return {
    name: `mqtt${isTls ? 's' : ''}-${port}`,
    bind: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: isTls ? (isTwoWay ? 'two-way' : 'one-way') : 'off',
    accept: ['mqtt'],
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(isTwoWay && clientCa !== undefined ? { clientCa } : {}),
  };
}
