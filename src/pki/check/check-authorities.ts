import type { X509Certificate } from 'node:crypto';
import { isoTime } from '../../kernel/clock.ts';
import type { FileName, Folder } from '../files.ts';
import { describeX509 } from '../x509/inspect.ts';
import {
  type Bundle,
  bundleOf,
  checkCaKey,
  checkValidity,
  expiryWarning,
  isIssuedBy,
  namesAsIssuer,
  refuseFile,
} from './check-parts.ts';

const warnDays = 90;

export interface Authorities {
  readonly root: Bundle | undefined;
  readonly intermediate: Bundle | undefined;
  readonly caChain: Bundle | undefined;
  readonly warnings: readonly string[];
}

/** Checks the CA files that are there, and that they belong to each other. @throws ConfigError at the first that is wrong. */
export function checkAuthorities(folder: Folder, now: number): Authorities {
  const root = checkCa(folder, 'root-ca', now, 'empty the folder to have a new CA and all certificates made');
  const intermediate = checkCa(
    folder,
    'intermediate-ca',
    now,
    folder.has('root-ca.key')
      ? 'delete intermediate-ca.pem, ca-chain.pem, server.pem and client-demo.* to have them made anew under the same root'
      : 'put a new one there, and certificates that it issued',
  );
  if (root !== undefined && intermediate !== undefined) checkIssued(folder, root, intermediate);
  const caChain = bundleOf(folder, 'ca-chain.pem', damagedCure('ca-chain.pem', root !== undefined));
  const warnings = [root, intermediate].flatMap((ca) =>
    ca === undefined ? [] : expiryWarning(folder, ca, now, warnDays),
  );
  if (caChain === undefined) return { root, intermediate, caChain, warnings };
  checkChainHoldsCas(folder, caChain);
  warnings.push(...expiredInChain(folder, caChain, now), ...strangersInChain(folder, caChain, [root, intermediate]));
  return { root, intermediate, caChain, warnings };
}

function checkCa(folder: Folder, base: 'root-ca' | 'intermediate-ca', now: number, cure: string): Bundle | undefined {
  const certificate = bundleOf(folder, `${base}.pem`, damagedCure(`${base}.pem`, folder.has(`${base}.key`)));
  checkCaKey(folder, certificate, `${base}.key`);
  if (certificate === undefined) return undefined;
  if (!certificate.facts.isCa)
    refuseFile(
      'certificate-invalid',
      folder,
      `${base}.pem`,
      `is not a CA certificate (${certificate.facts.subject} has no CA flag)`,
      'put the certificate of the CA there',
    );
  checkValidity(folder, certificate, now, cure);
  return certificate;
}

const damagedCure = (name: FileName, canBeMade: boolean): string =>
  canBeMade ? `put a good copy back, or delete ${name} to have it made anew` : 'put a good copy back';

function checkIssued(folder: Folder, root: Bundle, intermediate: Bundle): void {
  if (isIssuedBy(intermediate.first, root.first)) return;
  const claim = namesAsIssuer(intermediate.first, root.first)
    ? 'carries the name of root-ca.pem as issuer, but was signed with another key'
    : `was issued by ${intermediate.facts.issuer}, not by root-ca.pem (${root.facts.subject})`;
  refuseFile(
    'certificate-mismatch',
    folder,
    'intermediate-ca.pem',
    claim,
    'put the two back that belong together, or empty the folder to have everything made',
  );
}

function checkChainHoldsCas(folder: Folder, { all }: Bundle): void {
  const index = all.findIndex((certificate) => !certificate.ca);
  if (index === -1) return;
  const { subject } = describeX509(all[index]!);
  refuseFile(
    'certificate-invalid',
    folder,
    'ca-chain.pem',
    `holds ${subject} (certificate ${index + 1}), which is not a CA certificate`,
    'take it out: the file says which CAs may sign clients',
  );
}

function expiredInChain(folder: Folder, { all, name }: Bundle, now: number): string[] {
  const facts = all.map(describeX509);
  const expired = facts.filter(({ notAfter }) => now > notAfter);
  const latest = Math.max(...facts.map(({ notAfter }) => notAfter));
  if (expired.length === facts.length)
    refuseFile(
      'certificate-expired',
      folder,
      name,
      `holds expired CAs only, the last until ${isoTime(latest)}`,
      'put new ones there',
    );
  return expired.map(
    ({ subject, notAfter }) =>
      `${folder.path(name)} holds ${subject}, which expired on ${isoTime(notAfter)}; take it out`,
  );
}

/** A bundle of another CA refuses the clients of this one. Keys are compared: a CA may be certified again. */
function strangersInChain(folder: Folder, { all, name }: Bundle, cas: readonly (Bundle | undefined)[]): string[] {
  const present = cas.filter((ca) => ca !== undefined);
  const sameKey = (one: X509Certificate, other: X509Certificate) => one.publicKey.equals(other.publicKey);
  const isHeld = present.some(({ first }) => all.some((certificate) => sameKey(certificate, first)));
  return present.length === 0 || isHeld
    ? []
    : [
        `${folder.path(name)} holds neither ${present.map((ca) => ca.name).join(' nor ')}, so that clients of this CA are refused; delete it to have it made of them`,
      ];
}
