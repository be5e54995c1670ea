import { formatSocketAddress } from '../../kernel/address.ts';

export interface ServerUrl {
  readonly host: string;
  readonly port: number;
  readonly needsTls: boolean;
}

const defaultPort = 4_222;

/** Reads `nats://host:port` or `tls://host:port`; without a port it is 4222. */
export function parseServerUrl(text: string): ServerUrl {
  const url = new URL(text);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPort : Number(url.port),
    needsTls: url.protocol === 'tls:',
  };
}

/** The URL without credentials, for people. */
export const showServer = ({ host, port, needsTls }: ServerUrl): string =>
  `${needsTls ? 'tls' : 'nats'}://${formatSocketAddress({ host, port })}`;
