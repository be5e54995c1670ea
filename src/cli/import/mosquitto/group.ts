import type { Statement } from './statements.ts';

/** A listener and the lines about it. */
export interface ListenerLines {
  /** The line `listener` or `port`; undefined: the one that mosquitto has where there is none. */
  readonly opened: Statement | undefined;
  readonly lines: Statement[];
}

/** The lines of a mosquitto.conf by what they are about. */
export interface Grouped {
  readonly listeners: readonly ListenerLines[];
  /** Who may connect and do what: of all listeners together. Where they are set for each, they stand there. */
  readonly general: readonly Statement[];
  readonly bridges: readonly Statement[];
  readonly perListener: boolean;
}

const securityKeys = new Set([
  'acl_file',
  'allow_anonymous',
  'allow_zero_length_clientid',
  'auth_plugin',
  'auth_plugin_deny_special_chars',
  'auto_id_prefix',
  'password_file',
  'plugin',
  'psk_file',
]);
const securityPrefixes = ['auth_opt_', 'plugin_opt_'];

const listenerKeys = new Set([
  'accept_protocol_versions',
  'bind_address',
  'bind_interface',
  'cafile',
  'capath',
  'certfile',
  'ciphers',
  'ciphers_tls1.3',
  'crlfile',
  'dhparamfile',
  'disable_client_cert_date_checks',
  'http_dir',
  'keyfile',
  'max_connections',
  'max_qos',
  'max_topic_alias',
  'max_topic_alias_broker',
  'maximum_qos',
  'mount_point',
  'protocol',
  'psk_hint',
  'require_certificate',
  'socket_domain',
  'tls_engine',
  'tls_engine_kpass_sha1',
  'tls_keyform',
  'tls_version',
  'use_identity_as_username',
  'use_subject_as_username',
  'use_username_as_clientid',
  'websockets_headers_size',
  'websockets_origin',
]);

const bridgeKeys = new Set([
  'address',
  'addresses',
  'attempt_unsubscribe',
  'autoconnect',
  'cleansession',
  'clientid',
  'connection',
  'idle_timeout',
  'keepalive_interval',
  'local_cleansession',
  'local_clientid',
  'local_password',
  'local_username',
  'notification_topic',
  'notifications',
  'notifications_local_only',
  'password',
  'remote_clientid',
  'remote_password',
  'remote_username',
  'restart_timeout',
  'round_robin',
  'start_type',
  'threshold',
  'topic',
  'try_private',
  'username',
]);

/** Whether a line is about who may connect and do what. */
export const isSecurity = (key: string): boolean =>
  securityKeys.has(key) || securityPrefixes.some((prefix) => key.startsWith(prefix));

/** As mosquitto reads them: what stands before the first `listener` is about the default one. */
export function group(statements: readonly Statement[]): Grouped {
  const perListener = statements.some(({ key, value }) => key === 'per_listener_settings' && value === 'true');
  const first: ListenerLines = { opened: statements.find(({ key }) => key === 'port'), lines: [] };
  const listeners = [first];
  const general: Statement[] = [];
  const bridges: Statement[] = [];
  for (const statement of statements) {
    const { key } = statement;
    if (key === 'port' || key === 'per_listener_settings') continue;
    if (key === 'listener') listeners.push({ opened: statement, lines: [] });
    else if (bridgeKeys.has(key) || key.startsWith('bridge_')) bridges.push(statement);
    else if (listenerKeys.has(key) || (perListener && isSecurity(key))) listeners.at(-1)?.lines.push(statement);
    else general.push(statement);
  }
  const isUsed = first.opened !== undefined || listeners.length === 1;
  return {
    listeners: isUsed ? listeners : listeners.slice(1),
    // lines about a default listener that there is not
    general: isUsed ? general : [...first.lines, ...general],
    bridges,
    perListener,
  };
}
