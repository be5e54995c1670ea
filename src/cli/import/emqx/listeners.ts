import type { ListenerDraft } from '../imported.ts';
import { differs, leftOut, type Note, type NoteOutcome, noteOf } from '../note.ts';
import type { HoconSetting } from './hocon.ts';

const kinds = {
  tcp: { isTls: false, accept: 'mqtt', port: 1883 },
  ssl: { isTls: true, accept: 'mqtt', port: 8883 },
  ws: { isTls: false, accept: 'websocket', port: 8083 },
  wss: { isTls: true, accept: 'websocket', port: 8084 },
} as const;
type Kind = keyof typeof kinds;

const isKind = (text: string): text is Kind => Object.hasOwn(kinds, text);

export interface ImportedListeners {
  readonly drafts: readonly ListenerDraft[];
  readonly notes: readonly Note[];
}

/** Listeners of EMQX; where its configuration has none, the four that it opens by itself. */
export function importListeners(file: string, settings: readonly HoconSetting[]): ImportedListeners {
  const notes: Note[] = [];
  const byName = new Map<string, Map<string, HoconSetting>>();
  for (const setting of settings) {
    const [, kind = '', name = '', ...rest] = setting.path;
    if (!isKind(kind)) {
      notes.push(
        noteOf({ file, line: setting.line }, settingText(setting), leftOut(`there are no listeners of kind ${kind}`)),
      );
      continue;
    }
    const key = `${kind} ${name}`;
    const fields = byName.get(key) ?? new Map<string, HoconSetting>();
    byName.set(key, fields.set(rest.join('.'), setting));
  }
  if (byName.size === 0) for (const kind of Object.keys(kinds)) byName.set(`${kind} default`, new Map());
  const drafts: ListenerDraft[] = [];
  for (const [key, fields] of byName) {
    const [kind = '', name = ''] = key.split(' ');
    if (!isKind(kind)) continue;
    const isOff = [fields.get('enable'), fields.get('enabled')].some((one) => one?.value === 'false');
    const draft = draftOf(kind, name, fields);
    if (!isOff) drafts.push(draft);
    for (const [field, setting] of fields) {
      const outcome = isOff ? leftOut('its listener is turned off') : outcomeOf(field, setting.value);
      notes.push(noteOf({ file, line: setting.line }, settingText(setting), outcome));
    }
  }
  return { drafts, notes };
}

export const settingText = ({ path, value }: HoconSetting): string =>
  `${path.join('.')} = ${typeof value === 'string' ? value : value.join(', ')}`;

function draftOf(kind: Kind, name: string, fields: ReadonlyMap<string, HoconSetting>): ListenerDraft {
  const { isTls, accept, port } = kinds[kind];
  const text = (field: string): string | undefined => {
    const value = fields.get(field)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const [certificate, key, clientCa] = ['certfile', 'keyfile', 'cacertfile'].map((one) => text(`ssl_options.${one}`));
  const asks = text('ssl_options.verify') === 'verify_peer';
  const isTwoWay = asks && text('ssl_options.fail_if_no_peer_cert') === 'true';
  const connections = Number(text('max_connections'));
  const path = accept === 'websocket' ? text('websocket.mqtt_path') : undefined;
  return {
    name: `${kind}-${name}`,
    bind: bindOf(text('bind') ?? String(port)),
    tls: isTls ? (isTwoWay ? 'two-way' : asks ? 'two-way-optional' : 'one-way') : 'off',
    accept: [accept],
    ...(isTls && certificate !== undefined && key !== undefined ? { certificate, key } : {}),
    ...(isTls && asks && clientCa !== undefined ? { clientCa } : {}),
    ...(path === undefined ? {} : { path }),
    ...(Number.isInteger(connections) && connections > 0 ? { maxConnections: connections } : {}),
  };
}

/** `1883`, `0.0.0.0:1883` and `[::]:1883`. */
const bindOf = (text: string): string => (/^\d+$/.test(text) ? `0.0.0.0:${text}` : text);

const taken = new Set([
  'bind',
  'enable',
  'enabled',
  'max_connections',
  'websocket.mqtt_path',
  'ssl_options.certfile',
  'ssl_options.keyfile',
  'ssl_options.cacertfile',
  'ssl_options.verify',
  'ssl_options.fail_if_no_peer_cert',
]);

function outcomeOf(field: string, value: HoconSetting['value']): NoteOutcome | undefined {
  if (field === 'max_connections' && value === 'infinity')
    return differs('there is always a limit: listeners[].maxConnections');
  if (taken.has(field)) return undefined;
  if (field.startsWith('ssl_options.')) return leftOut('see listeners[].policy for versions and ciphers');
  if (field === 'proxy_protocol') return leftOut('see listeners[].proxy');
  if (field === 'mountpoint') return leftOut('topics have no prefix by listener');
  return leftOut('it needs no setting here, or has none');
}
