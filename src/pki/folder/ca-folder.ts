import { X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf, systemCode } from '../../kernel/errors.ts';
import { type ReadFile, readLargeFile } from '../files.ts';
import type { Credential } from '../issue/signing.ts';
import { decryptKey } from '../x509/encrypted-key.ts';
import { describeX509 } from '../x509/inspect.ts';
import { keyFingerprint, type SerialSource } from '../x509/keys.ts';
import { isEncryptedKey, parseCertificates, parsePrivateKey } from '../x509/pem.ts';
import { type LedgerFile, ledgerFile } from './ledger-file.ts';

export interface CaFolderOptions {
  /** Absolute path of the certificates directory. */
  readonly directory: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Who issues and revokes, for the ledger: `cli ana`, `est token 7`. */
  readonly by: string;
  /** Passphrase of the CA keys; asked for when a key is encrypted. Undefined where none is known. */
  readonly passphrase?: () => Promise<string | undefined>;
  /** Folder on a web server where the revocation lists are published. */
  readonly crlUrl?: string | undefined;
  readonly crlLifetimeMs: number;
  /** Random when left out. */
  readonly serial?: SerialSource;
  readonly read?: ReadFile;
}

/** A CA whose certificate stands in the folder. */
export interface OwnCa {
  /** Of its files, without the ending: `root-ca`, `intermediate-ca`, `retired/intermediate-ca-4F00...`. */
  readonly name: string;
  readonly certificate: X509Certificate;
  /** PEM of the file: the CA, and what stands above it where it is sent along. */
  readonly pem: string;
  readonly keyState: 'here' | 'encrypted' | 'absent';
  readonly keyFingerprint: string;
}

/** The certificates directory as a certificate authority. */
export interface CaFolder {
  readonly options: CaFolderOptions;
  readonly ledger: LedgerFile;
  path(name: string): string;
  /** Content of a file as text; undefined where there is none. @throws AppError where it cannot be read. */
  text(name: string): Promise<string | undefined>;
  /** Root, intermediate and those that they took the place of, if there. @throws AppError for a damaged file. */
  authorities(): Promise<readonly OwnCa[]>;
  /** PEM of a private key in the clear. @throws AppError that says which file is missing or wrong. */
  privateKey(name: string): Promise<string>;
  /** A CA with its private key in the clear. @throws AppError that says which file is missing or wrong. */
  signer(name: string): Promise<Credential>;
}

/** CAs that were replaced, and certificates of the server that were. */
export const retiredName = 'retired';
/** Revocation lists, ours and those of others. */
export const crlFolderName = 'crl';
/** More files are not looked through. */
const maxRetired = 200;

export function openCaFolder(options: CaFolderOptions): CaFolder {
  const { directory, read = readLargeFile } = options;
  const path = (name: string): string => join(directory, name);

  const text = async (name: string): Promise<string | undefined> => {
    try {
      return (await read(path(name)))?.bytes.toString('utf8');
    } catch (cause) {
      const code = name.endsWith('.key') ? 'key-unreadable' : 'certificate-unreadable';
      throw new AppError(code, `${path(name)} cannot be read: ${messageOf(cause)}; make it readable`, { cause });
    }
  };

  const ownCa = async (name: string): Promise<OwnCa | undefined> => {
    const pem = await text(`${name}.pem`);
    if (pem === undefined) return undefined;
    const certificates = parseCertificates(pem);
    if (typeof certificates === 'string')
      throw new AppError('certificate-invalid', `${path(`${name}.pem`)} ${certificates}; put a good copy back`);
    const key = await text(`${name}.key`);
    return {
      name,
      certificate: certificates[0],
      pem: certificates.map(String).join(''),
      keyState: key === undefined ? 'absent' : isEncryptedKey(key) ? 'encrypted' : 'here',
      keyFingerprint: keyFingerprint(certificates[0].publicKey),
    };
  };

  const plainKey = async (name: string): Promise<string> => {
    const file = path(`${name}.key`);
    const key = await text(`${name}.key`);
    if (key === undefined)
      throw new AppError(
        'key-unreadable',
        `${file} is not there, and only that key can sign as ${name}; put it there for as long as it is needed${name === 'root-ca' ? ' (viaduct pki root import), or have the request signed where it is (viaduct pki root export)' : ''}`,
      );
    if (!isEncryptedKey(key)) return key;
    const passphrase = await options.passphrase?.();
    if (passphrase === undefined)
      throw new AppError(
        'key-unreadable',
        `${file} is encrypted; give its passphrase by --passphrase-file FILE or --passphrase-env NAME, or as certificates.passphrase`,
      );
    const plain = decryptKey(key, passphrase);
    if (typeof plain === 'string')
      throw new AppError('key-unreadable', `${file} ${plain}; give the one it was encrypted with`);
    return plain.key;
  };

  return {
    options,
    ledger: ledgerFile(directory, options.now),
    path,
    text,
    privateKey: plainKey,
    authorities: async () => {
      const names = ['root-ca', 'intermediate-ca', ...(await retiredAuthorities(path(retiredName)))];
      return (await Promise.all(names.map(ownCa))).filter((ca) => ca !== undefined);
    },
    signer: async (name) => {
      const ca = await ownCa(name);
      if (ca === undefined)
        throw new AppError(
          'certificate-invalid',
          `${path(`${name}.pem`)} is not there; viaduct pki init makes a CA in an empty folder`,
        );
      const key = await plainKey(name);
      const parsed = parsePrivateKey(key);
      if (typeof parsed === 'string')
        throw new AppError('key-unreadable', `${path(`${name}.key`)} ${parsed}; put a good copy back`);
      if (ca.certificate.checkPrivateKey(parsed)) return { certificate: ca.pem, key };
      const { subject } = describeX509(ca.certificate);
      throw new AppError(
        'certificate-mismatch',
        `${path(`${name}.key`)} is not the key of ${name}.pem (${subject}); put the right key back`,
      );
    },
  };
}

async function retiredAuthorities(directory: string): Promise<string[]> {
  try {
    const names = (await readdir(directory)).filter((name) => /^(root|intermediate)-ca-[0-9A-F]+\.pem$/.test(name));
    return names
      .sort()
      .slice(0, maxRetired)
      .map((name) => `${retiredName}/${name.slice(0, -'.pem'.length)}`);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw cause;
  }
}
