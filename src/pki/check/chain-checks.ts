import { isIP } from 'node:net';
import { isoTime } from '../../kernel/clock.ts';
import { extensionIds, hasCaFlag, maySignCertificates, partsOf } from '../x509/certificate-parts.ts';
import { readChildren, readDer } from '../x509/der.ts';
import { decodeName } from '../x509/general-name.ts';
import { describeX509 } from '../x509/inspect.ts';
import { keyProblem } from '../x509/keys.ts';
import { constrainedNames, decodeConstraints, outsideConstraints } from '../x509/name-constraints.ts';
import type { AltName } from '../x509/names.ts';
import { algorithmProblem } from '../x509/signatures.ts';
import { type ChainLink, isSelfSigned } from './chain.ts';

export type Purpose = 'server' | 'client' | 'any';

export interface ChainContext {
  readonly purpose: Purpose;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** DNS name or IP address that a server must have. */
  readonly hostname?: string | undefined;
}

/** One rule for a link of a chain. @returns what is wrong with it and what to do, or undefined. */
export type LinkCheck = (
  link: ChainLink,
  index: number,
  links: readonly ChainLink[],
  context: ChainContext,
) => string | undefined;

/** RFC 5280 4.1.2.5. */
const isInForce: LinkCheck = ({ certificate }, _index, _links, { now }) => {
  const { notBefore, notAfter } = describeX509(certificate);
  if (now > notAfter) return `expired on ${isoTime(notAfter)}; renew it`;
  return now < notBefore
    ? `is not valid before ${isoTime(notBefore)}, and the clock says ${isoTime(now)}; set the clock right, or wait`
    : undefined;
};

/** RFC 5280 4.2.1.9 and 4.2.1.3: only a CA issues, and only with the key usage for it. */
const issuerIsCa: LinkCheck = ({ certificate }, index) => {
  if (index === 0) return undefined;
  const parts = partsOf(certificate);
  if (!hasCaFlag(parts)) return 'is no CA, but issued the certificate below it; do not trust what it issued';
  return maySignCertificates(parts)
    ? undefined
    : 'may not sign certificates (key usage without keyCertSign); have the CA certified again with it';
};

const leafIsNoCa: LinkCheck = ({ certificate }, index, _links, { purpose }) =>
  index === 0 && purpose !== 'any' && hasCaFlag(partsOf(certificate))
    ? `is a CA certificate (CA:TRUE), which no ${purpose} must show; issue an end certificate, or put that one first`
    : undefined;

/** RFC 5280 4.2.1.9: self-issued CAs do not count. */
const pathIsShortEnough: LinkCheck = ({ certificate }, index, links) => {
  const extension = partsOf(certificate).extensions.get(extensionIds.basicConstraints);
  const limit = extension && readChildren(readDer(extension.value)).find(({ tag }) => tag === 0x02);
  if (index === 0 || limit === undefined || limit.content.length > 4) return undefined;
  const most = limit.content.readUIntBE(0, limit.content.length);
  const below = links.slice(1, index).filter(({ certificate }) => !isSelfSigned(certificate)).length;
  return below > most
    ? `allows ${most} CAs below it (path length), but ${below} stand there; issue from the CA above`
    : undefined;
};

/** RFC 5280 4.2.1.12; a CA that is limited to a use passes the limit on. */
const usesFit: LinkCheck = ({ certificate }, index, _links, { purpose }) => {
  if (purpose === 'any') return undefined;
  const use = purpose === 'server' ? 'serverAuth' : 'clientAuth';
  const { allows } = describeX509(certificate);
  return allows[use]
    ? undefined
    : `${index === 0 ? 'is' : 'issues certificates that are'} not meant for a ${purpose} (extended key usage without ${use}); use one issued for a ${purpose}`;
};

const keyIsStrong: LinkCheck = ({ certificate }) => {
  const problem = keyProblem(certificate.publicKey);
  return problem && `is too weak: ${problem}`;
};

/** The signature of an anchor upon itself proves nothing and is not looked at. */
const signatureIsStrong: LinkCheck = ({ certificate }, index, links) =>
  index === links.length - 1 && index > 0 ? undefined : algorithmProblem(partsOf(certificate).signed.algorithm);

/** RFC 9525 6: browsers and MQTT clients look for the name there and nowhere else. */
const serverIsNamed: LinkCheck = ({ certificate }, index, _links, { purpose, hostname }) => {
  if (index !== 0 || purpose !== 'server') return undefined;
  const { names } = describeX509(certificate);
  if (names.length === 0)
    return 'has no subject alternative name with a DNS name or IP address, so that clients of today refuse it; issue it again with its names';
  if (hostname === undefined) return undefined;
  const isIt =
    isIP(hostname) === 0 ? certificate.checkHost(hostname, { subject: 'never' }) : certificate.checkIP(hostname);
  return isIt === undefined
    ? `is not for ${hostname}, but for ${names.join(', ')}; connect by one of these names`
    : undefined;
};

/** RFC 5280 4.2.1.10. */
const namesAreAllowed: LinkCheck = ({ certificate }, index, links) => {
  const extension = partsOf(certificate).extensions.get(extensionIds.nameConstraints);
  if (index === 0 || extension === undefined) return undefined;
  const limits = decodeConstraints(extension.value);
  if (typeof limits === 'string') return `has name constraints, and ${limits}`;
  for (const below of links.slice(0, index)) {
    const { commonName, subject } = describeX509(below.certificate);
    const outside = outsideConstraints(constrainedNames(altNamesOf(below), commonName), limits);
    if (outside !== undefined) return `may not certify the name ${outside.value} of ${subject} (name constraints)`;
  }
  return undefined;
};

function altNamesOf({ certificate }: ChainLink): readonly AltName[] {
  const extension = partsOf(certificate).extensions.get(extensionIds.altName);
  if (extension === undefined) return [];
  return readChildren(readDer(extension.value))
    .map(decodeName)
    .filter((name) => name !== undefined);
}

const understood: ReadonlySet<string> = new Set([...Object.values(extensionIds), '2.5.29.32']);

/** RFC 5280 4.2: what must not be passed over and is not understood. */
const extensionsAreKnown: LinkCheck = ({ certificate }) => {
  const { extensions } = partsOf(certificate);
  const unknown = [...extensions].find(([id, { isCritical }]) => isCritical && !understood.has(id));
  return unknown && `has the critical extension ${unknown[0]}, which is not understood here`;
};

/** Every rule, in the order in which problems are told. */
export const linkChecks: readonly (readonly [code: string, check: LinkCheck])[] = [
  ['validity', isInForce],
  ['ca-on-leaf', leafIsNoCa],
  ['not-a-ca', issuerIsCa],
  ['path-length', pathIsShortEnough],
  ['purpose', usesFit],
  ['name', serverIsNamed],
  ['name-constraints', namesAreAllowed],
  ['weak-key', keyIsStrong],
  ['weak-signature', signatureIsStrong],
  ['critical-extension', extensionsAreKnown],
];
