import type { AuthenticationRequest } from '../../broker/ports.ts';

/** Names that EMQX has for what is known of a client, and `listener`. */
const placeholders = [
  'username',
  'password',
  'clientid',
  'peerhost',
  'peerport',
  'cert_common_name',
  'cert_subject',
  'listener',
] as const;
export type Placeholder = (typeof placeholders)[number];

/** What a client does not have is empty. */
const values: Readonly<Record<Placeholder, (request: AuthenticationRequest) => string | Uint8Array>> = {
  username: ({ connect }) => connect.username ?? '',
  password: ({ password }) => password ?? '',
  clientid: ({ clientId }) => clientId,
  peerhost: ({ peer }) => peer.address,
  peerport: ({ peer }) => String(peer.port),
  cert_common_name: ({ peer }) => peer.tls?.certificate?.commonName ?? '',
  cert_subject: ({ peer }) => peer.tls?.certificate?.subject ?? '',
  listener: ({ peer }) => peer.listener,
};

const isPlaceholder = (name: string): name is Placeholder => Object.hasOwn(values, name);

const valueOf = (name: Placeholder, request: AuthenticationRequest): string | Uint8Array => values[name](request);

/** Text with values of a client in it. */
export type HttpTemplate = readonly (string | { readonly placeholder: Placeholder })[];

/** @returns the sentence that says what is wrong */
export function parseHttpTemplate(text: string): HttpTemplate | string {
  const parts: (string | { readonly placeholder: Placeholder })[] = [];
  for (const [token, name] of text.matchAll(/\$\{([^{}]*)\}|\$(?!\{[^{}]*\})|[^$]+/g)) {
    if (name === undefined) parts.push(token);
    else if (isPlaceholder(name)) parts.push({ placeholder: name });
    else return `there is no \${${name}}; there are ${placeholders.map((one) => `\${${one}}`).join(' ')}`;
  }
  return parts;
}

export const uses = (template: HttpTemplate, name: Placeholder): boolean =>
  template.some((part) => typeof part === 'object' && part.placeholder === name);

/** @returns undefined where `write` cannot write a value */
export function fillRequest(
  template: HttpTemplate,
  request: AuthenticationRequest,
  write: (value: string | Uint8Array) => string | undefined,
): string | undefined {
  let text = '';
  for (const part of template) {
    const written = typeof part === 'string' ? part : write(valueOf(part.placeholder, request));
    if (written === undefined) return undefined;
    text += written;
  }
  return text;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns undefined where bytes are not UTF-8 */
export function utf8Of(value: string | Uint8Array): string | undefined {
  if (typeof value === 'string') return value;
  try {
    return decoder.decode(value);
  } catch {
    return undefined;
  }
}

/** For a URL and a form: any bytes, none of which means anything there. */
export const asUrlPart = (value: string | Uint8Array): string =>
  Array.from(Buffer.from(value), (byte) =>
    /[A-Za-z0-9_.~-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');

/** For a header: visible ASCII, so that nobody writes a header of his own (RFC 9110 5.5). */
export const asHeaderPart = (value: string | Uint8Array): string | undefined => {
  const text = utf8Of(value);
  return text !== undefined && /^[\x20-\x7e]*$/.test(text) ? text : undefined;
};
