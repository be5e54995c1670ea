import { fromBase64, keyBytes } from '../passwords/scram-verifier.ts';

/** Bytes of a message of the client; user names have at most 1,024, which may take three times as many. */
const maxBytes = 4_096;

/** client-first-message. [RFC 5802 5.1] */
export interface ClientFirst {
  /** `n,,` or `y,,`, with an authorization identity where there is one; repeated in client-final-message. */
  readonly header: string;
  /** As it was sent, for the proof. */
  readonly bare: string;
  /** Unescaped, not prepared. */
  readonly user: string;
  readonly nonce: string;
}

/** client-final-message. */
export interface ClientFinal {
  /** As it was sent, for the proof. */
  readonly withoutProof: string;
  readonly nonce: string;
  readonly proof: Buffer;
}

const nonceForm = /^[\x21-\x2B\x2D-\x7E]+$/;

/** @returns the message, or why it is none: a sentence without a part of it */
export function parseClientFirst(bytes: Uint8Array): ClientFirst | string {
  const text = textOf(bytes);
  if (text === undefined) return tooLong;
  const [flag = '', identity, ...attributes] = text.split(',');
  if (flag.startsWith('p=')) return 'it asks for channel binding (p=), which is not offered; use n or y (RFC 5802 6)';
  if (flag !== 'n' && flag !== 'y') return 'its first message does not begin with n,, or y,,';
  if (identity === undefined || (identity !== '' && !identity.startsWith('a=')))
    return 'its authorization identity is not written a=';
  const [name = '', nonceText = ''] = attributes;
  if (name.startsWith('m=')) return 'it has an extension that must be understood (m=), and none is known';
  if (!name.startsWith('n=') || !nonceText.startsWith('r='))
    return 'its first message has no user name and nonce (n=, r=)';
  const user = unescaped(name.slice(2));
  const nonce = nonceText.slice(2);
  if (user === undefined || user === '') return 'its user name is empty, or has an = that is neither =2C nor =3D';
  if (!nonceForm.test(nonce)) return 'its nonce is empty or holds other than printable characters';
  if (identity !== '' && unescaped(identity.slice(2)) !== user)
    return 'it wants to be another than whom it proves to be (a=)';
  if (!attributes.slice(2).every(isAttribute)) return 'its first message goes on with what is no attribute';
  return { header: `${flag},${identity},`, bare: attributes.join(','), user, nonce };
}

/** @param header of the first message, to which the last has to be bound */
export function parseClientFinal(bytes: Uint8Array, header: string): ClientFinal | string {
  const text = textOf(bytes);
  if (text === undefined) return tooLong;
  const proofAt = text.lastIndexOf(',p=');
  if (proofAt === -1) return 'its last message has no proof (p=) at its end';
  const withoutProof = text.slice(0, proofAt);
  const [binding = '', nonceText = '', ...more] = withoutProof.split(',');
  if (binding !== `c=${Buffer.from(header).toString('base64')}`)
    return 'its last message belongs to another beginning than its first (c=)';
  if (!nonceText.startsWith('r=') || !more.every(isAttribute))
    return 'its last message has no nonce (r=), or what is no attribute';
  const proof = fromBase64(text.slice(proofAt + 3));
  if (proof?.length !== keyBytes) return `its proof is not ${keyBytes} bytes in base64`;
  return { withoutProof, nonce: nonceText.slice(2), proof };
}

const tooLong = `it sends a message that is no UTF-8, or longer than ${maxBytes} bytes`;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.length > maxBytes) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const isAttribute = (text: string): boolean => /^[A-Za-z]=./su.test(text);

/** [RFC 5802 5.1] saslname */
function unescaped(name: string): string | undefined {
  if (/=(?!2C|3D)/.test(name)) return undefined;
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
