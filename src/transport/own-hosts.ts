import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { hostOfHeader } from '../http/server/host-header.ts';
import { isLoopback } from '../kernel/address.ts';
import { certificateHosts } from './tls/certificate-names.ts';
import type { CertificateSource } from './tls/certificates.ts';
import type { TlsMaterial } from './tls/material.ts';
import { materialOf } from './tls/own-certificates.ts';
import { byServerName } from './tls/server-names.ts';

export interface OwnHostsOptions {
  /** Of `listeners[].hosts`. */
  readonly hosts: readonly string[];
  /** Of `listeners[].bind`. */
  readonly bindHost: string;
  /** The names in the certificates that are shown now. */
  readonly certificateHosts: () => readonly string[];
}

/**
 * Says whether a host is a name or an address of this broker. A page elsewhere can have its own name resolve to our
 * address, and its scripts then count as ours to the browser (DNS rebinding); the name in the request gives it away.
 */
export function ownHosts({ hosts, bindHost, certificateHosts }: OwnHostsOptions): (host: string) => boolean {
  const machine = normal(hostname());
  const isConfigured = matcher([...hosts, normal(bindHost), machine, 'localhost']);
  let shown: { readonly names: readonly string[]; readonly matches: (host: string) => boolean } | undefined;
  const isInCertificate = (host: string): boolean => {
    const names = certificateHosts();
    if (shown?.names !== names) shown = { names, matches: matcher(names) };
    return shown.matches(host);
  };
  return (host) =>
    hosts.includes('*') ||
    isConfigured(host) ||
    isLoopback(withoutBrackets(host)) ||
    isInCertificate(host) ||
    isOwnAddress(withoutBrackets(host));
}

/** The hosts of all certificates that a listener shows, read once for each set of them. */
export function shownHosts(listener: string, certificates: CertificateSource | undefined): () => readonly string[] {
  let read: { readonly material: TlsMaterial; readonly hosts: readonly string[] } | undefined;
  return () => {
    if (certificates === undefined) return [];
    const material = certificates.current();
    if (read?.material === material) return read.hosts;
    const { cert, named } = materialOf(material, listener);
    const inCertificates = [cert, ...named.map((pair) => pair.cert)].flatMap((pem) =>
      certificateHosts(new X509Certificate(pem)),
    );
    read = { material, hosts: [...inCertificates, ...named.flatMap(({ names }) => names ?? [])] };
    return read.hosts;
  };
}

function matcher(names: readonly string[]): (host: string) => boolean {
  const find = byServerName([{ names: names.map(normal), value: true }]);
  return (host) => find(host) === true;
}

/** Asked for each time: addresses come and go. */
const isOwnAddress = (host: string): boolean =>
  isIP(host) !== 0 &&
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));

const normal = (host: string): string => (host.startsWith('*.') ? host.toLowerCase() : (hostOfHeader(host) ?? ''));

const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');
