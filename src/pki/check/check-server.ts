import type { KeyObject, X509Certificate } from 'node:crypto';
import { basename } from 'node:path';
import type { FileName, Folder } from '../files.ts';
import { describeX509 } from '../x509/inspect.ts';
import { parseAltName } from '../x509/names.ts';
import { certificatesPem } from '../x509/pem.ts';
import type { Authorities } from './check-authorities.ts';
import {
  type Bundle,
  bundleOf,
  checkValidity,
  expiryWarning,
  isIssuedBy,
  keyOf,
  namesAsIssuer,
  refuseFile,
} from './check-parts.ts';

const warnDays = 30;

export interface ServerCertificate {
  /** PEM of leaf and intermediates. */
  readonly cert: string;
  readonly key: string;
  readonly expiresAt: number;
  readonly warnings: readonly string[];
}

export interface ServerExpectations {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Names that the configuration asks for. */
  readonly names: readonly string[];
  /** The setting that asks for them. */
  readonly setting: string;
  /** Whether it must be for all of them, or may be for one alone, because others are shown for the rest. */
  readonly enough: 'all' | 'one';
}

/** A certificate and its key that stand in files of their own. */
export interface ServerFiles {
  readonly cert: { readonly path: string; readonly text: string };
  readonly key: { readonly path: string; readonly text: string };
}

const noAuthorities: Authorities = { root: undefined, intermediate: undefined, caChain: undefined, warnings: [] };

/** Holds them to the same as those of the folder, of which nothing else is looked at. @returns warnings. @throws ConfigError */
export function checkServerFiles({ cert, key }: ServerFiles, expectations: ServerExpectations): readonly string[] {
  const files = new Map<FileName, ServerFiles['cert']>([
    ['server.pem', cert],
    ['server.key', key],
  ]);
  const view: Folder = {
    directory: '',
    has: (name) => files.has(name),
    text: (name) => files.get(name)?.text,
    mode: () => undefined,
    path: (name) => files.get(name)?.path ?? name,
  };
  return checkServer(view, noAuthorities, expectations)?.warnings ?? [];
}

/**
 * Checks the certificate that the listeners show. @returns undefined where it is not there yet.
 * @throws ConfigError at the first thing that is wrong.
 */
export function checkServer(
  folder: Folder,
  authorities: Authorities,
  { now, ...expected }: ServerExpectations,
): ServerCertificate | undefined {
  const canIssue = folder.has('intermediate-ca.key');
  const anew = canIssue ? 'delete server.pem to have a new one made for the same key' : 'put a new one there';
  const server = bundleOf(folder, 'server.pem', `put a good copy back, or ${anew}`);
  const bothAnew = canIssue ? 'delete server.pem and server.key to have both made anew' : 'put a matching pair there';
  const key = keyOf(folder, 'server.key', `put a good copy back, or ${bothAnew}`);
  if (server === undefined || key === undefined) return undefined;
  checkKey(folder, server, key, bothAnew);
  checkPurpose(folder, server, anew);
  checkValidity(folder, server, now, anew);
  checkOrder(folder, server, anew);
  checkIssuer(folder, server, authorities, anew);
  return {
    cert: certificatesPem(server.all),
    key: folder.text('server.key') ?? '',
    expiresAt: server.facts.notAfter,
    warnings: [
      ...expiryWarning(folder, server, now, warnDays).map((warning) => `${warning}; ${anew}`),
      ...missingIntermediate(folder, server, authorities),
      ...missingNames(folder, server, expected, anew),
    ],
  };
}

function checkKey(folder: Folder, server: Bundle, key: KeyObject, cure: string): void {
  if (server.first.checkPrivateKey(key)) return;
  const owner = server.all.find((certificate) => certificate.checkPrivateKey(key));
  if (owner === undefined)
    refuseFile(
      'certificate-mismatch',
      folder,
      'server.key',
      `is not the key of ${basename(folder.path('server.pem'))}`,
      `put the right key back, or ${cure}`,
    );
  const problem = `begins with ${server.facts.subject}, but ${basename(folder.path('server.key'))} belongs to ${describeX509(owner).subject} further down`;
  refuseFile(
    'certificate-mismatch',
    folder,
    'server.pem',
    problem,
    "put the server's own certificate first, then its issuers",
  );
}

/** RFC 5280 4.2.1.9 and 4.2.1.12: a server shows an end certificate that is meant for servers. */
function checkPurpose(folder: Folder, { facts }: Bundle, cure: string): void {
  const refused = (problem: string) => refuseFile('certificate-invalid', folder, 'server.pem', problem, cure);
  if (facts.isCa)
    refused(`is a CA certificate (${facts.subject} has the CA flag), which a server must not show to clients`);
  if (!facts.allows.serverAuth)
    refused(`is not meant for a server (${facts.subject} has an extended key usage without serverAuth)`);
}

/** RFC 8446 4.4.2: each certificate certifies the one before it. */
function checkOrder(folder: Folder, { all }: Bundle, cure: string): void {
  for (const [index, certificate] of all.entries()) {
    const issuer = all[index + 1];
    if (issuer === undefined || isIssuedBy(certificate, issuer)) continue;
    const problem = `is out of order: certificate ${index + 2} (${describeX509(issuer).subject}) did not issue certificate ${index + 1} (${describeX509(certificate).subject})`;
    refuseFile(
      'certificate-mismatch',
      folder,
      'server.pem',
      problem,
      `put each issuer after what it issued, or ${cure}`,
    );
  }
}

/** A certificate that names our CA as its issuer must be signed by it; one of another CA is none of our business. */
function checkIssuer(folder: Folder, { first }: Bundle, { root, intermediate }: Authorities, cure: string): void {
  for (const ca of [intermediate, root]) {
    if (ca === undefined || !namesAsIssuer(first, ca.first) || isIssuedBy(first, ca.first)) continue;
    const problem = `names ${ca.facts.subject} as its issuer, but was not signed by the key of ${ca.name}`;
    refuseFile(
      'certificate-mismatch',
      folder,
      'server.pem',
      problem,
      `put back the ${ca.name} that issued it, or ${cure}`,
    );
  }
}

function missingIntermediate(folder: Folder, server: Bundle, { root, intermediate }: Authorities): string[] {
  const isWhole = server.all.length > 1 || server.facts.isSelfIssued;
  if (isWhole || (root !== undefined && isIssuedBy(server.first, root.first))) return [];
  const known = intermediate !== undefined && isIssuedBy(server.first, intermediate.first);
  const source: FileName | 'INTERMEDIATE.pem' = known ? 'intermediate-ca.pem' : 'INTERMEDIATE.pem';
  return [
    `${folder.path('server.pem')} holds the server's certificate without the intermediate that issued it (${server.facts.issuer}), so that clients that trust only the root refuse it; append the intermediate: cat ${source} >> ${basename(folder.path('server.pem'))}`,
  ];
}

function missingNames(
  folder: Folder,
  { first, facts }: Bundle,
  { names, setting, enough }: Omit<ServerExpectations, 'now'>,
  cure: string,
): string[] {
  if (facts.names.length === 0)
    return [
      `${folder.path('server.pem')} has no subject alternative name, so that clients of today refuse it; ${cure}`,
    ];
  const missing = names.filter((name) => !isNamed(first, facts.names, name));
  return missing.length === 0 || (enough === 'one' && missing.length < names.length)
    ? []
    : [`${folder.path('server.pem')} is not for ${missing.join(', ')}, as ${setting} asks; ${cure}`];
}

function isNamed(certificate: X509Certificate, held: readonly string[], name: string): boolean {
  const wanted = parseAltName(name);
  if (typeof wanted === 'string') return false;
  if (held.includes(wanted.value)) return true;
  return wanted.type === 'dns' && certificate.checkHost(wanted.value, { subject: 'never' }) !== undefined;
}
