import type { PeerCertificate, PeerTls } from '../../broker/ports.ts';
import type { Arrival } from '../arrivals.ts';
import { unknownAddress } from './forwarded.ts';
import type { ProxyHeader, ProxyTls } from './header.ts';
import type { ProxyOptions } from './schema.ts';

/** What is known of a client that a proxy relays. */
export interface Relayed extends Pick<Arrival, 'address' | 'port' | 'via'> {
  readonly tls: PeerTls | undefined;
}

export function relayedBy(
  { source, tls }: ProxyHeader,
  proxy: Pick<Arrival, 'address' | 'port'>,
  options: ProxyOptions | undefined,
): Relayed {
  const { address, port } = proxy;
  if (source.kind === 'self') return { address, port, tls: undefined };
  const client = source.kind === 'client' ? source : { address: unknownAddress, port: 0 };
  return {
    address: client.address,
    port: client.port,
    via: address,
    tls: tls && peerTls(tls, options?.certificate === 'believe'),
  };
}

const peerTls = ({ version, cipher, servername, commonName }: ProxyTls, believes: boolean): PeerTls => ({
  version,
  cipher,
  servername,
  isResumed: false,
  certificate: commonName !== undefined && believes ? namedCertificate(commonName) : undefined,
});

/** A certificate of which a proxy has told the name and nothing else. */
const namedCertificate = (commonName: string): PeerCertificate => ({
  subject: `CN=${commonName}`,
  issuer: '',
  commonName,
  serialNumber: '',
  fingerprint256: '',
  validTo: Number.POSITIVE_INFINITY,
  names: () => ({
    commonNames: [commonName],
    organizations: [],
    organizationalUnits: [],
    dnsNames: [],
    emails: [],
    uris: [],
  }),
  pem: () => undefined,
});
