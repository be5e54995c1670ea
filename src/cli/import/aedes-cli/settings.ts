import { AppError } from '../../../kernel/errors.ts';
import type { ListenerDraft } from '../imported.ts';
import { differs, leftOut, type Note, type NoteOutcome, noteOf } from '../note.ts';
import { sourceLineOf } from '../source-line.ts';
import { aedesConfigSchema } from './credentials-schema.ts';

export interface AedesSettings {
  readonly listeners: readonly ListenerDraft[];
  readonly limits: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
}

/** Of each protocol: the setting of its port, and the port where it is left out. */
const protocols = {
  tcp: { setting: 'port', port: 1_883, accept: 'mqtt', isTls: false },
  tls: { setting: 'tlsPort', port: 8_883, accept: 'mqtt', isTls: true },
  ws: { setting: 'wsPort', port: 3_000, accept: 'websocket', isTls: false },
  wss: { setting: 'wssPort', port: 4_000, accept: 'websocket', isTls: true },
} as const;
type Protocol = keyof typeof protocols;
const isProtocol = (name: unknown): name is Protocol => typeof name === 'string' && Object.hasOwn(protocols, name);

const byItself = leftOut('it needs no setting here');
const ownTopics = differs('what mosquitto publishes below $SYS/broker/ is there (metrics.sysTopics)');
/** Settings that listeners are not made of. */
const outcomes: Readonly<Record<string, NoteOutcome>> = {
  persistence: leftOut('messages and sessions are on disk (store.type); what is kept there is not taken along'),
  mq: leftOut('several nodes are connected by NATS (nats.servers)'),
  concurrency: byItself,
  queueLimit: byItself,
  maxClientsIdLength: leftOut('see limits.clientIdLength'),
  heartbeatInterval: ownTopics,
  stats: ownTopics,
  statsInterval: ownTopics,
  brokerId: leftOut('see node'),
  rejectUnauthorized: leftOut('it asks no client for a certificate there either; see listeners[].tls'),
  verbose: leftOut('see log.level'),
  veryVerbose: leftOut('see log.level'),
  noPretty: leftOut('see log.format'),
};

/** @param text of the file of settings, as JSON; left out: the defaults of aedes-cli. @throws AppError usage */
export function readAedesSettings(
  file: string,
  text: string | undefined,
  path: (name: string) => string,
): AedesSettings {
  const settings = text === undefined ? {} : parsed(file, text);
  const given = (name: string): string | undefined =>
    typeof settings[name] === 'string' && settings[name] !== '' ? settings[name] : undefined;
  const { protos, connectTimeout } = settings;
  const wanted: readonly unknown[] = Array.isArray(protos) ? protos : ['tcp'];
  const listeners = wanted.filter(isProtocol).map((name): ListenerDraft => {
    const { setting, port, accept, isTls } = protocols[name];
    const [certificate, key] = [given('cert'), given('key')];
    return {
      name,
      bind: `${given('host') ?? '127.0.0.1'}:${Number(settings[setting] ?? port)}`,
      tls: isTls ? 'one-way' : 'off',
      accept: [accept],
      ...(isTls && certificate !== undefined && key !== undefined
        ? { certificate: path(certificate), key: path(key) }
        : {}),
    };
  });
  const timeout = typeof connectTimeout === 'number' && connectTimeout > 0 ? `${connectTimeout}ms` : undefined;
  return {
    listeners,
    limits: timeout === undefined ? {} : { connectTimeout: timeout },
    notes: Object.keys(settings).map((name) =>
      noteOf({ file, line: sourceLineOf(text ?? '', JSON.stringify(name)) }, name, outcomeOf(name, wanted)),
    ),
  };
}

function outcomeOf(name: string, wanted: readonly unknown[]): NoteOutcome | undefined {
  if (name === 'protos') {
    const unknown = wanted.filter((one) => !isProtocol(one));
    if (unknown.length > 0) return leftOut(`there is no protocol ${unknown.map(String).join(', ')}`);
    const isWeb = wanted.includes('ws') || wanted.includes('wss');
    return isWeb ? differs('any path is taken there; here clients name the one of listeners[].path, /mqtt') : undefined;
  }
  if (Object.hasOwn(outcomes, name)) return outcomes[name];
  const ports = Object.values(protocols).map(({ setting }) => setting);
  const known: readonly string[] = [...ports, 'host', 'cert', 'key', 'connectTimeout'];
  return known.includes(name) ? undefined : leftOut('it is no setting of aedes-cli');
}

function parsed(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return aedesConfigSchema.parse(JSON.parse(text));
  } catch (cause) {
    const cure = `a file of JavaScript is not run; make JSON of it (docs/migration.md)`;
    throw new AppError('usage', `${file} has no settings as JSON: ${cure}`, { cause });
  }
}
