import { isIP } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { shellWord } from '../../kernel/shell-word.ts';
import { type Opening, printfText } from './opening.ts';
import { connectAddress, type TlsTarget } from './tls-target.ts';

/** PEM text and the file that holds it, for the command line. */
export interface PemFile {
  readonly pem: string;
  readonly file: string;
}

/** What a client shows of itself. */
export interface ClientIdentity {
  readonly leaf: PemFile;
  readonly key: PemFile;
  /** Sent after the leaf. */
  readonly intermediates?: PemFile;
}

/** What a client shows instead of a certificate. */
export interface PreSharedKey {
  readonly identity: string;
  readonly key: Buffer;
  /** For a shell: what gives the key in hex. */
  readonly shellKey: string;
}

/** How a check connects; both the attempt and its `openssl s_client` line are made from it. */
export interface TlsClient {
  /** Host name that the server's certificate must be for. */
  readonly verifiedName: string;
  /** Trust anchors; undefined: the public CAs. */
  readonly trust: PemFile | undefined;
  /** An intermediate among the anchors is one of its own. */
  readonly isPartial?: boolean;
  readonly identity?: ClientIdentity;
  /** Then no certificate is looked at. */
  readonly psk?: PreSharedKey;
  /** Takes any server certificate, where the question is what the server takes. */
  readonly isInsecure?: boolean;
  /** The only version that is offered. */
  readonly version?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** Ciphers of TLS 1.2 and below, in the words of OpenSSL. */
  readonly ciphers?: string;
}

/** The same for `createSecureContext`. */
export const contextOptions = (client: TlsClient): SecureContextOptions => ({
  ...(client.trust === undefined ? {} : { ca: client.trust.pem }),
  ...(client.isPartial === true ? { allowPartialTrustChain: true } : {}),
  ...(client.identity === undefined
    ? {}
    : { cert: client.identity.leaf.pem + (client.identity.intermediates?.pem ?? ''), key: client.identity.key.pem }),
  ...(client.version === undefined ? {} : { minVersion: client.version, maxVersion: client.version }),
  ...(client.ciphers === undefined ? {} : { ciphers: client.ciphers }),
});

const versionFlags = { 'TLSv1.1': '-tls1_1', 'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3' } as const;

/** The same as a line for a shell. It prints the answer where the server accepts, else the error. */
export function opensslLine(client: TlsClient, target: TlsTarget, { bytes, filter }: Opening): string {
  const { identity, psk, isInsecure, version, ciphers } = client;
  const words = [
    `openssl s_client -quiet${isInsecure === true || psk !== undefined ? '' : ' -verify_return_error'}`,
    `-connect ${connectAddress(target)}`,
    ...(psk === undefined ? trustWords(client) : [`-psk_identity ${shellWord(psk.identity)} -psk ${psk.shellKey}`]),
    ...(identity === undefined ? [] : [`-cert ${shellWord(identity.leaf.file)} -key ${shellWord(identity.key.file)}`]),
    ...(identity?.intermediates === undefined ? [] : [`-cert_chain ${shellWord(identity.intermediates.file)}`]),
    ...(version === undefined ? [] : [versionFlags[version]]),
    ...(ciphers === undefined ? [] : [`-cipher ${shellWord(ciphers)}`]),
  ];
  return `printf '${printfText(bytes)}' | ${words.join(' ')}${filter}`;
}

function trustWords({ verifiedName, trust, isPartial }: TlsClient): string[] {
  return [
    isIP(verifiedName) === 0
      ? `-servername ${verifiedName} -verify_hostname ${verifiedName}`
      : `-noservername -verify_ip ${verifiedName}`,
    ...(trust === undefined ? [] : [`-CAfile ${shellWord(trust.file)}`]),
    ...(isPartial === true ? ['-partial_chain'] : []),
  ];
}

/** The line for a client without TLS. */
export const plainLine = (target: TlsTarget, { bytes, filter }: Opening): string =>
  `printf '${printfText(bytes)}' | nc -w 5 ${target.host} ${target.port}${filter}`;
