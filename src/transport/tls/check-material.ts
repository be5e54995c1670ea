import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { AppError, messageOf } from '../../kernel/errors.ts';
import { beginOf, pemBlocks } from '../../pki/x509/pem-blocks.ts';
import { nameLine } from './distinguished-name.ts';
import type { TlsMaterial } from './material.ts';
import type { OwnMaterial, ServerPair } from './own-certificates.ts';
import { namesOf, serverContext } from './server-contexts.ts';

const anchors = 'trust anchors for client certificates';

/** @throws AppError `certificate-invalid` or `certificate-mismatch`, saying of which listener which part is wrong. */
export function checkMaterial(material: TlsMaterial): void {
  checkPair(material, material.clientCa, '');
  readCertificates(material.clientCa, anchors, '');
  for (const [listener, own] of material.own ?? []) checkOwn(own, material, `listener ${listener}: `);
}

function checkOwn({ pair, alternative, clientCa, named }: OwnMaterial, common: TlsMaterial, where: string): void {
  const ca = clientCa ?? common.clientCa;
  if (clientCa !== undefined) readCertificates(clientCa, anchors, where);
  if (pair !== undefined) checkPair(pair, ca, where);
  checkAlternative(pair ?? common, alternative, ca, where);
  for (const [index, one] of named.entries()) {
    const what = `${where}certificates[${index}]: `;
    checkPair(one, ca, what);
    checkAlternative(one, one.alternative, ca, what);
    try {
      namesOf(one);
    } catch (cause) {
      throw new AppError('certificate-invalid', `${what}${messageOf(cause)}`, { cause });
    }
  }
}

/** OpenSSL keeps one certificate for each type of key; of two it would show the last alone. */
function checkAlternative(first: ServerPair, other: ServerPair | undefined, clientCa: string, where: string): void {
  if (other === undefined) return;
  checkPair(other, clientCa, `${where}alternative: `);
  const typeOf = ({ cert }: ServerPair): string | undefined =>
    readCertificates(cert, 'server certificate', where)[0]?.publicKey.asymmetricKeyType;
  const type = typeOf(first);
  if (type !== typeOf(other)) return;
  throw new AppError(
    'certificate-invalid',
    `${where}alternative: both certificates have a key of the type ${type}; give one with another, e.g. RSA beside ECDSA, or leave it out`,
  );
}

function checkPair(pair: ServerPair, clientCa: string, where: string): void {
  const leaf = readCertificates(pair.cert, 'server certificate', where)[0];
  const key = readKey(pair.key, where);
  if (leaf?.checkPrivateKey(key) !== true)
    throw new AppError(
      'certificate-mismatch',
      `${where}the server certificate "${leaf === undefined ? '' : nameLine(leaf.toLegacyObject().subject)}" and the server key do not belong together; give the key that was made with it`,
    );
  try {
    serverContext({ ...pair, clientCa }, { sessionScope: 'check', sessionSeconds: 1 });
  } catch (cause) {
    throw new AppError('certificate-invalid', `${where}the server certificate cannot be used: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function readCertificates(pem: string, what: string, where: string): X509Certificate[] {
  const { blocks } = pemBlocks(pem, 'CERTIFICATE');
  if (blocks.length === 0)
    throw new AppError(
      'certificate-invalid',
      `${where}the ${what}: no PEM certificate in it ("${beginOf('CERTIFICATE')}")`,
    );
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new AppError(
        'certificate-invalid',
        `${where}the ${what}: certificate ${index + 1} of ${blocks.length} is damaged: ${messageOf(cause)}`,
        { cause },
      );
    }
  });
}

function readKey(pem: string, where: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new AppError(
      'certificate-invalid',
      `${where}the server key cannot be read: ${messageOf(cause)}; it must be PEM, not encrypted`,
      { cause },
    );
  }
}
