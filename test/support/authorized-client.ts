import type { AuthorizedClient, PeerCertificate } from '../../src/broker/ports.ts';

export interface ClientSketch {
  readonly user?: string;
  readonly clientId?: string;
  readonly listener?: string;
  readonly address?: string;
  readonly groups?: readonly string[];
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Common names and organizational units of its certificate. */
  readonly certificate?: { readonly cn?: readonly string[]; readonly ou?: readonly string[] };
  /** It is not connected any more. */
  readonly isGone?: boolean;
}

/** A client as those see it who ask what it may do. */
export function authorizedClient(sketch: ClientSketch = {}): AuthorizedClient {
  const { user = 'me', clientId = 'c', listener = 'l', address = '10.1.2.3', groups, claims, certificate } = sketch;
  const attributes =
    groups === undefined && claims === undefined
      ? undefined
      : { ...(groups === undefined ? {} : { groups }), ...(claims === undefined ? {} : { claims }) };
  const tls = {
    version: 'TLSv1.3',
    cipher: 'c',
    servername: undefined,
    isResumed: false,
    certificate: certificate === undefined ? undefined : certificateOf(certificate),
  };
  const peer = { listener, protocol: 'mqtts', address, port: 1, tls } as const;
  return { clientId, principal: user, trust: 'test', attributes, peer: sketch.isGone === true ? undefined : peer };
}

function certificateOf({ cn = [], ou = [] }: NonNullable<ClientSketch['certificate']>): PeerCertificate {
  return {
    subject: '',
    issuer: '',
    commonName: cn.length === 1 ? cn[0] : undefined,
    serialNumber: '01',
    fingerprint256: '02',
    validTo: 0,
    names: () => ({
      commonNames: cn,
      organizations: [],
      organizationalUnits: ou,
      dnsNames: [],
      emails: [],
      uris: [],
    }),
    pem: () => undefined,
  };
}
