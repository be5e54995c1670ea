import { isIPv6 } from 'node:net';
import type { Config } from '../../config/schema.ts';
import { formatSocketAddress } from '../../kernel/address.ts';
import { withoutCredentials } from '../../kernel/credentials.ts';
import type { SecretReference } from '../../kernel/schema.ts';
import { usage } from '../connection-options.ts';

/** What clients meet on a port. */
export type TlsKind = 'one-way' | 'two-way' | 'two-way-optional' | 'auto';

/** What a listener has that others have not; of a URL nothing is known. */
export interface TlsPeculiarities {
  /** TLS 1.3 alone. */
  readonly isModern: boolean;
  /** Ciphers for old devices, which are weaker and not broken. */
  readonly isLenient: boolean;
  /** A server certificate that the CAs of the common folder need not have issued. */
  readonly hasOwnCertificate: boolean;
  /** Clients of other CAs than those of the common folder. */
  readonly hasOwnClients: boolean;
}

/** One port to check. */
export interface TlsTarget {
  /** Name of the listener, or the URL. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** `undefined`: to be found out. */
  readonly tls: TlsKind | undefined;
  readonly speaks: 'mqtt' | 'websocket' | 'http';
  /** Path of MQTT over WebSocket. */
  readonly path: string;
  readonly has: TlsPeculiarities;
  /** Where the pre-shared keys of its clients stand; undefined: it takes none, or nothing is known of them. */
  readonly psk?: SecretReference | undefined;
}

/** What is taken for granted where nothing is known. */
const ordinary: TlsPeculiarities = {
  isModern: false,
  isLenient: false,
  hasOwnCertificate: false,
  hasOwnClients: false,
};

/** The TLS listeners of a configuration. @throws AppError usage where there is none, or one without a fixed port */
export function targetsOfConfig({ listeners }: Pick<Config, 'listeners'>): TlsTarget[] {
  const targets = listeners.flatMap(({ name, bind, tls, accept, path, ...listener }) => {
    if (tls === 'off') return [];
    if (bind.port === 0)
      throw usage(
        `listener "${name}" is on port 0, a free one at every start; pass its address from the ready line with --url`,
      );
    const speaks = accept.includes('mqtt') ? 'mqtt' : accept.includes('websocket') ? 'websocket' : 'http';
    const has = {
      isModern: (listener.policy.minVersion ?? (listener.policy.preset === 'modern' ? '1.3' : '1.2')) === '1.3',
      isLenient: listener.policy.preset === 'compatible' || listener.policy.ciphers !== undefined,
      hasOwnCertificate: listener.certificate !== undefined,
      hasOwnClients: listener.clientCa !== undefined || listener.clientPins !== undefined,
    };
    const psk = listener.psk?.identities;
    return [{ name, host: reachable(bind.host), port: bind.port, tls, speaks, path, has, psk } as const];
  });
  if (targets.length === 0) throw usage('the configuration has no TLS listener; pass one with --url');
  return targets;
}

/** An address for all is reached on this machine by its loopback one. */
const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host);

const ports = { 'mqtts:': 8883, 'wss:': 443, 'https:': 443 } as const;
const speech = { 'mqtts:': 'mqtt', 'wss:': 'websocket', 'https:': 'http' } as const;

/** @throws AppError usage */
export function targetOfUrl(text: string, tls: 'one-way' | 'two-way' | undefined): TlsTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const protocol = url?.protocol;
  if (url === undefined || url.hostname === '' || url.username !== '' || url.password !== '' || !isProtocol(protocol))
    throw usage(
      `--url: "${withoutCredentials(text)}" is no address to check; write e.g. mqtts://localhost:8883 or wss://localhost:8084/mqtt`,
    );
  return {
    name: url.href,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? ports[protocol] : Number(url.port),
    tls,
    speaks: speech[protocol],
    path: url.pathname === '/' ? '/mqtt' : url.pathname,
    has: ordinary,
  };
}

const isProtocol = (text: string | undefined): text is keyof typeof ports => text !== undefined && text in ports;

export const urlOf = ({ host, port, speaks, path }: TlsTarget): string => {
  const address = formatSocketAddress({ host, port });
  if (speaks === 'mqtt') return `mqtts://${address}`;
  return speaks === 'http' ? `https://${address}/` : `wss://${address}${path}`;
};

/** For `-connect` of openssl. */
export const connectAddress = ({ host, port }: TlsTarget): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
