import { differs, leftOut, type NoteOutcome } from '../note.ts';

/** Sections as they grow. */
export interface GeneralDraft {
  readonly limits: Record<string, unknown>;
  readonly store: Record<string, unknown>;
  readonly queue: Record<string, unknown>;
  readonly log: Record<string, unknown>;
  readonly mqtt: Record<string, unknown>;
  readonly metrics: Record<string, unknown>;
}

type Take = (draft: GeneralDraft, value: string) => NoteOutcome | undefined;

const into =
  (section: keyof GeneralDraft, setting: string, convert: (value: string) => unknown = Number, none = '0'): Take =>
  (draft, value) => {
    if (value !== none) draft[section][setting] = convert(value);
    return value === none ? differs('0 stands for no limit there; here the default of the setting counts') : undefined;
  };

const bytes = (value: string): string => `${value}B`;
const units: Readonly<Record<string, string>> = { h: 'h', d: 'd', w: 'd', m: 'd', y: 'd' };
const times: Readonly<Record<string, number>> = { h: 1, d: 1, w: 7, m: 30, y: 365 };

/** `2m` is two months in mosquitto.conf. */
function expiry(value: string): string {
  const unit = value.at(-1) ?? 'd';
  return `${Number(value.slice(0, -1)) * (times[unit] ?? 1)}${units[unit] ?? 'd'}`;
}

const byItself = leftOut('it needs no setting here');

/** Settings of mosquitto.conf that are about the whole broker. */
export const generalTakes: Readonly<Record<string, Take>> = {
  max_inflight_messages: into('limits', 'inFlight'),
  max_packet_size: into('limits', 'packetSize', bytes),
  message_size_limit(draft, value) {
    if (value !== '0') draft.limits['packetSize'] = bytes(value);
    return differs('the limit is on packets, topic and header included: limits.packetSize');
  },
  max_queued_messages: into('queue', 'messages'),
  max_queued_bytes: into('queue', 'bytes', bytes),
  max_keepalive: into('limits', 'keepAlive', (value) => ({ max: `${value}s` })),
  memory_limit(draft, value) {
    if (value !== '0') draft.limits['memory'] = bytes(value);
    return differs('limits.memory counts what is on its way; store.maxBytes what is kept');
  },
  persistent_client_expiration: into('limits', 'sessionExpiry', expiry, ''),
  retain_available(draft, value) {
    if (value === 'false') draft.mqtt['retain'] = false;
    return undefined;
  },
  persistence(draft, value) {
    draft.store['type'] = value === 'true' ? 'disk' : 'memory';
    return value === 'true'
      ? differs('what mosquitto.db holds is not read; sessions and retained messages begin anew')
      : undefined;
  },
  persistence_location: () => differs('files are in store.directory, in a form of their own'),
  persistence_file: () => byItself,
  autosave_interval: () => leftOut('what is acknowledged is kept at once (store.durability)'),
  autosave_on_changes: () => leftOut('what is acknowledged is kept at once (store.durability)'),
  log_type(draft, value) {
    if (value === 'all' || value === 'debug') draft.log['level'] = 'debug';
    return differs('one level for all: log.level');
  },
  log_dest: (_draft, value) =>
    value === 'stderr' ? undefined : leftOut('lines go to standard error; let systemd or the container keep them'),
  log_timestamp: () => byItself,
  log_timestamp_format: () => byItself,
  log_facility: () => leftOut('lines go to standard error'),
  connection_messages: () => byItself,
  websockets_log_level: () => byItself,
  pid_file: () => leftOut('no file with the process id is written'),
  user: () => leftOut('start it as the user that it is to run as'),
  queue_qos0_messages: (_draft, value) =>
    value === 'true' ? leftOut('messages at QoS 0 are not kept for clients that are away') : undefined,
  set_tcp_nodelay: () => byItself,
  sys_interval(draft, value) {
    draft.metrics['sysTopics'] = `${value}s`;
    return differs('the topics are published while somebody subscribes to them, and are not retained');
  },
  upgrade_outgoing_qos: (_draft, value) =>
    value === 'true' ? leftOut('messages are sent at the lower of both QoS [MQTT-3.8.4-8]') : undefined,
  allow_duplicate_messages: () => byItself,
  check_retain_source: () => leftOut('a retained message stays when its publisher loses the right to publish it'),
  max_inflight_bytes: () => leftOut('see limits.outboundBuffer'),
  retain_expiry_interval: () => leftOut('see limits.messageExpiry'),
  global_max_clients: () => leftOut('see listeners[].maxConnections'),
  global_max_connections: () => leftOut('see listeners[].maxConnections'),
  enable_control_api: () => leftOut('there is no $CONTROL'),
};
