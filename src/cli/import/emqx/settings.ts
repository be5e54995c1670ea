import { differs, leftOut, type NoteOutcome } from '../note.ts';

/** Sections as they grow. */
export interface SettingsDraft {
  readonly limits: Record<string, unknown>;
  readonly store: Record<string, unknown>;
  readonly mqtt: Record<string, unknown>;
  readonly log: Record<string, unknown>;
  readonly certificate: Record<string, unknown>;
}

type Take = (draft: SettingsDraft, value: string) => NoteOutcome | undefined;

const noLimit = differs('there is always a limit; the default counts');

const into =
  (section: keyof SettingsDraft, setting: string, convert: (value: string) => unknown): Take =>
  (draft, value) => {
    if (value === 'infinity') return noLimit;
    draft[section][setting] = convert(value);
    return undefined;
  };

const flag = (value: string): boolean => value === 'true';
const size = (value: string): string => {
  const [, number = '0', unit = 'B'] = /^(\d+)(KB|MB|GB|B)?$/i.exec(value) ?? [];
  return `${number}${{ KB: 'KiB', MB: 'MiB', GB: 'GiB', B: 'B' }[unit.toUpperCase()] ?? 'B'}`;
};

/** Settings of emqx.conf outside of listeners, authentication and authorization. */
export const settingTakes: Readonly<Record<string, Take>> = {
  'mqtt.max_packet_size': into('limits', 'packetSize', size),
  'mqtt.max_clientid_len': into('limits', 'clientIdLength', (value) => `${value}B`),
  'mqtt.max_topic_levels': into('limits', 'topicLevels', Number),
  'mqtt.max_topic_alias': into('limits', 'topicAliases', Number),
  'mqtt.max_inflight': into('limits', 'inFlight', Number),
  'mqtt.session_expiry_interval': into('limits', 'sessionExpiry', String),
  'mqtt.message_expiry_interval': into('limits', 'messageExpiry', String),
  'mqtt.max_subscriptions': into('limits', 'subscriptions', (value) => ({ count: Number(value) })),
  'mqtt.max_mqueue_len': into('store', 'queue', (value) => ({ messages: Number(value) })),
  'mqtt.max_qos_allowed': into('mqtt', 'maximumQos', Number),
  'mqtt.retain_available': into('mqtt', 'retain', flag),
  'mqtt.wildcard_subscription': into('mqtt', 'wildcardSubscriptions', flag),
  'mqtt.shared_subscription': into('mqtt', 'sharedSubscriptions', flag),
  'mqtt.server_keepalive': (draft, value) => {
    if (value === 'disabled') return undefined;
    draft.limits['keepAlive'] = { max: /\d$/.test(value) ? `${value}s` : value };
    return differs('it is the longest keep alive: clients may ask for less');
  },
  'mqtt.peer_cert_as_username': (_draft, value) =>
    value === 'cn' || value === 'disabled' ? undefined : leftOut('see access.certificate.principal'),
  'mqtt.peer_cert_as_clientid': (draft, value) => {
    if (value !== 'cn') return value === 'disabled' ? undefined : leftOut('see access.certificate.bind');
    draft.certificate['bind'] = 'equal';
    return differs('another client id is refused in place of changed');
  },
  'log.console.level': (draft, value) => {
    draft.log['level'] = { debug: 'debug', info: 'info', notice: 'info', warning: 'warn' }[value] ?? 'error';
    return undefined;
  },
};

const whole: readonly (readonly [prefix: string, says: string])[] = [
  ['node.', 'there is one process; node names it on NATS'],
  ['cluster.', 'nodes share a NATS: nats.servers'],
  ['dashboard.', 'the console is part of every listener with accept: [http]'],
  ['rule_engine.', 'there is no rule engine; NATS services take messages by bridge.rules'],
  ['bridges.', 'it bridges to NATS: bridge.rules'],
  ['connectors.', 'it bridges to NATS: bridge.rules'],
  ['retainer.', 'see store.retained'],
  ['sysmon.', 'see /metrics'],
  ['log.', 'lines go to standard error'],
];

/** What is said of a setting that has no counterpart of its own. */
export const outcomeOfOther = (path: string): NoteOutcome =>
  leftOut(whole.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'it has no counterpart');
