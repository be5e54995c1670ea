import { printable } from '../kernel/printable.ts';
import type { HubCredentials } from './guard.ts';

/** What a client asks for with CONNECT, as far as the hub follows it. */
export interface ConnectOptions {
  /** Every operation is answered by +OK. */
  readonly verbose: boolean;
  /** Subjects of messages are checked. */
  readonly pedantic: boolean;
  readonly echo: boolean;
  readonly headers: boolean;
  readonly noResponders: boolean;
  readonly name: string;
  readonly lang: string;
  readonly version: string;
  /** 1: the client understands INFO at any time. */
  readonly protocol: number;
}

/** Of what a client says about itself, in characters: it goes into log lines. */
const maxTextLength = 64;

export type ConnectFault = 'bad-connect' | 'bad-protocol-version' | 'headers-required';

/** What holds until CONNECT; nats-server serves clients that never send it. */
export const beforeConnect: ConnectOptions = {
  verbose: true,
  pedantic: true,
  echo: true,
  headers: false,
  noResponders: false,
  name: '',
  lang: '',
  version: '',
  protocol: 0,
};

const booleans = ['verbose', 'pedantic', 'echo', 'headers', 'no_responders', 'tls_required'] as const;
const strings = ['name', 'lang', 'version', 'user', 'pass', 'auth_token', 'nkey', 'sig', 'jwt'] as const;
const types: ReadonlyMap<string, 'boolean' | 'string' | 'number'> = new Map([
  ...booleans.map((name) => [name, 'boolean'] as const),
  ...strings.map((name) => [name, 'string'] as const),
  ['protocol', 'number'] as const,
]);

/**
 * Reads the argument of CONNECT over what held before; field names in any case, null and unknown fields are skipped, as
 * nats-server does. Credentials are left to `readCredentials`.
 * @param latin1 the JSON, one character a byte.  @returns the options, or why the client cannot be served.
 */
export function readConnect(latin1: string, before: ConnectOptions): ConnectOptions | ConnectFault {
  const fields = fieldsOf(latin1);
  if (fields === undefined) return 'bad-connect';
  const flag = (name: (typeof booleans)[number], otherwise: boolean) =>
    fields.get(name) === true || (!fields.has(name) && otherwise);
  const text = (name: (typeof strings)[number], otherwise: string) => {
    const value = fields.get(name);
    return typeof value === 'string' ? printable(value.slice(0, maxTextLength)) : otherwise;
  };
  const protocol = fields.get('protocol') ?? before.protocol;
  if (protocol !== 0 && protocol !== 1) return 'bad-protocol-version';
  const options = {
    verbose: flag('verbose', before.verbose),
    pedantic: flag('pedantic', before.pedantic),
    echo: flag('echo', before.echo),
    headers: flag('headers', before.headers),
    noResponders: flag('no_responders', before.noResponders),
    name: text('name', before.name),
    lang: text('lang', before.lang),
    version: text('version', before.version),
    protocol,
  };
  return options.noResponders && !options.headers ? 'headers-required' : options;
}

/** Who the same CONNECT says that its sender is. What cannot be read is nobody. */
export function readCredentials(latin1: string): HubCredentials {
  const fields = fieldsOf(latin1);
  const text = (name: (typeof strings)[number]): string | undefined => {
    const value = fields?.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return { user: text('user'), secret: text('pass') ?? text('auth_token'), name: text('name') ?? '' };
}

export const hasCredentials = ({ user, secret }: HubCredentials): boolean => user !== undefined || secret !== undefined;

/** @returns undefined where a field that is known has another type */
function fieldsOf(latin1: string): ReadonlyMap<string, unknown> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(latin1, 'latin1').toString('utf8'));
  } catch {
    return undefined;
  }
  const fields = new Map<string, unknown>();
  if (parsed === null) return fields;
  if (typeof parsed !== 'object' || Array.isArray(parsed)) return undefined;
  for (const [key, value] of Object.entries(parsed)) {
    const name = key.toLowerCase();
    const type = types.get(name);
    if (type === undefined || value === null) continue;
    if (typeof value !== type || (type === 'number' && !Number.isInteger(value))) return undefined;
    fields.set(name, value);
  }
  return fields;
}
