import type { ListenerDraft } from '../imported.ts';
import { differs, leftOut, type Note, type NoteOutcome, noteOf } from '../note.ts';
import { isSecurity, type ListenerLines } from './group.ts';
import type { Statement } from './statements.ts';

/** Beside the listener itself, what is decided when all of them are known. */
export interface ImportedListener {
  readonly draft: ListenerDraft;
  /** Lines about who may connect and do what, where they are set for each listener. */
  readonly security: readonly Statement[];
  readonly namesBy: 'certificate' | 'user name';
  readonly notes: readonly Note[];
}

type Values = ReadonlyMap<string, string>;
type Take = (draft: ListenerDraft, value: string, values: Values) => NoteOutcome | undefined;

const taken: Take = () => undefined;
const without: Take = () => leftOut('it has no counterpart');
const isTrue = (values: Values, key: string): boolean => values.get(key) === 'true';

const takes: Readonly<Record<string, Take>> = {
  certfile: (draft, value) => void (draft.certificate = value),
  keyfile: (draft, value) => void (draft.key = value),
  cafile(draft, value, values) {
    if (isTrue(values, 'require_certificate')) draft.clientCa = value;
    return undefined;
  },
  bind_address: taken,
  require_certificate: taken,
  protocol: (_draft, value) =>
    ['mqtt', 'websockets'].includes(value) ? undefined : leftOut(`there is no protocol ${value}`),
  max_connections(draft, value) {
    if (Number(value) > 0) draft.maxConnections = Number(value);
    return Number(value) > 0 ? undefined : differs('there is always a limit: listeners[].maxConnections');
  },
  maximum_qos: takeQos,
  max_qos: takeQos,
  tls_version(draft, value) {
    if (value === 'tlsv1.3') draft.policy = { minVersion: '1.3' };
    return value.startsWith('tlsv1.2') || value === 'tlsv1.3'
      ? undefined
      : differs('TLS 1.2 is the oldest version that is spoken');
  },
  websockets_origin(draft, value) {
    draft.origins = [...(draft.origins ?? []), value];
    return undefined;
  },
  psk_hint: () => leftOut('clients that need a hint to choose their key are not served; they are rare'),
  use_identity_as_username: taken,
  use_subject_as_username: (_draft, value) =>
    value === 'true'
      ? differs('the user name is the common name; access.certificate.principal takes other fields')
      : undefined,
  use_username_as_clientid: (_draft, value) =>
    value === 'true' ? leftOut('see access.certificate.bind, which holds client ids to certificates') : undefined,
  crlfile: () => differs('revocation lists are read from the folder crl of certificates.directory: put it there'),
  capath: () => leftOut('put the CAs into one PEM file and name it in listeners[].clientCa'),
  ciphers: () => leftOut('the ciphers are those of listeners[].policy.preset'),
  'ciphers_tls1.3': () => leftOut('the ciphers are those of listeners[].policy.preset'),
  dhparamfile: () => leftOut('key exchange is by elliptic curves and X25519MLKEM768'),
  mount_point: () => leftOut('topics have no prefix by listener'),
  http_dir: () => leftOut('no files are served; the console stands on listeners with accept: [http]'),
  bind_interface: () => leftOut('write an address of the interface into bind'),
  socket_domain: () => leftOut('the address in bind says it'),
  max_topic_alias: () => leftOut('it is one for all: limits.topicAliases'),
  max_topic_alias_broker: () => leftOut('it is one for all: limits.topicAliases'),
  accept_protocol_versions: () => leftOut('MQTT 3.1, 3.1.1 and 5 are spoken'),
  disable_client_cert_date_checks: (_draft, value) =>
    value === 'true' ? leftOut('a certificate that has ended is refused') : undefined,
};

function takeQos(draft: ListenerDraft, value: string): undefined {
  if (value === '0' || value === '1') draft.mqtt = { maximumQos: value === '0' ? 0 : 1 };
  return undefined;
}

/** @param others names that are taken */
export function importListener({ opened, lines }: ListenerLines, others: ReadonlySet<string>): ImportedListener {
  const values: Values = new Map(lines.map(({ key, value }) => [key, value]));
  const [port = '1883', host] = (opened?.value ?? '').split(/\s+/).filter((word) => word !== '');
  const isWeb = values.get('protocol') === 'websockets';
  const isPsk = values.has('psk_hint') || (values.has('psk_file') && !values.has('certfile'));
  const isTls = values.has('certfile') || isPsk;
  const name = freeName(`${isWeb ? 'ws' : 'mqtt'}${isTls ? 's' : ''}-${port}`, others);
  const draft: ListenerDraft = {
    name,
    bind: `${opened === undefined ? '127.0.0.1' : hostOf(host ?? values.get('bind_address'))}:${port}`,
    tls: isTls ? (isTrue(values, 'require_certificate') ? 'two-way' : 'one-way') : 'off',
    accept: [isWeb ? 'websocket' : 'mqtt'],
  };
  const notes: Note[] = [];
  const security: Statement[] = [];
  if (opened !== undefined) notes.push(noteOf(opened, `${opened.key} ${opened.value}`, openedOutcome(opened, isWeb)));
  for (const statement of lines) {
    const { key, value } = statement;
    if (isSecurity(key)) security.push(statement);
    else notes.push(noteOf(statement, `${key} ${value}`, (takes[key] ?? without)(draft, value, values)));
  }
  const namesBy = isTrue(values, 'use_identity_as_username') || isTrue(values, 'use_subject_as_username');
  return { draft, security, notes, namesBy: namesBy ? 'certificate' : 'user name' };
}

const hostOf = (host: string | undefined): string =>
  host === undefined ? '0.0.0.0' : host.includes(':') ? `[${host}]` : host;

function openedOutcome({ value }: Statement, isWeb: boolean): NoteOutcome | undefined {
  const [port, host] = value.split(/\s+/);
  if (port === '0') return leftOut('a socket of the file system is not listened on');
  if (isWeb) return differs('MQTT over WebSocket is at the path /mqtt (listeners[].path); mosquitto takes any path');
  return host === undefined ? differs('it listens on IPv4; write [::] into bind for IPv6 as well') : undefined;
}

function freeName(wanted: string, others: ReadonlySet<string>): string {
  let name = wanted;
  for (let count = 2; others.has(name); count += 1) name = `${wanted}-${count}`;
  return name;
}
