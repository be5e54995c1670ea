import { type AuthenticationRequest, type AuthorizedClient, noTrust, type Peer } from '../../broker/ports.ts';
import type { AccessRequest } from '../outside/service-authorizer.ts';

type Value = string | Uint8Array;

/** What of a question may stand in a request, by the names that EMQX has for it. What a client does not have is empty. */
export interface Placeholders<Q> {
  readonly names: readonly string[];
  readonly valueOf: (name: string) => ((question: Q) => Value) | undefined;
}

type Values<Q> = Readonly<Record<string, (question: Q) => Value>>;

const ofPeer = {
  peerhost: (peer) => peer?.address ?? '',
  peerport: (peer) => String(peer?.port ?? ''),
  cert_common_name: (peer) => peer?.tls?.certificate?.commonName ?? '',
  cert_subject: (peer) => peer?.tls?.certificate?.subject ?? '',
  listener: (peer) => peer?.listener ?? '',
} as const satisfies Values<Peer | undefined>;

const withPeer = <Q>(peerOf: (question: Q) => Peer | undefined): Values<Q> =>
  Object.fromEntries(Object.entries(ofPeer).map(([name, value]) => [name, (question: Q) => value(peerOf(question))]));

const listed = <Q>(values: Values<Q>): Placeholders<Q> => ({
  names: Object.keys(values),
  valueOf: (name) => (Object.hasOwn(values, name) ? values[name] : undefined),
});

/** For the question who a client is. */
export const authenticationPlaceholders = listed<AuthenticationRequest>({
  username: ({ connect }) => connect.username ?? '',
  password: ({ password }) => password ?? '',
  clientid: ({ clientId }) => clientId,
  ...withPeer<AuthenticationRequest>(({ peer }) => peer),
});

/** A client, and what it wants to do. */
export interface AccessInquiry {
  readonly client: AuthorizedClient;
  readonly request: AccessRequest;
}

const inquiry = listed<AccessInquiry>({
  action: ({ request }) => request.action,
  topic: ({ request }) => request.topic,
  qos: ({ request }) => String(request.qos),
  retain: ({ request }) => String(request.isRetained),
  // nobody vouches for the name that all anonymous clients have
  username: ({ client: { principal, trust } }) => (trust === noTrust ? '' : principal),
  clientid: ({ client }) => client.clientId,
  ...withPeer<AccessInquiry>(({ client }) => client.peer),
  proto_name: () => 'MQTT',
  mountpoint: () => '',
});
const attribute = 'client_attrs.';

/** For the question what a client may do. Its claims are what EMQX calls attributes. */
export const accessPlaceholders: Placeholders<AccessInquiry> = {
  names: [...inquiry.names, `${attribute}NAME`],
  valueOf(name) {
    if (!name.startsWith(attribute) || name === attribute) return inquiry.valueOf(name);
    const claim = name.slice(attribute.length);
    return ({ client }) => claimText(client.attributes?.claims, claim);
  },
};

function claimText(claims: Readonly<Record<string, unknown>> | undefined, name: string): string {
  const value = claims !== undefined && Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Text with values of a question in it. */
export type HttpTemplate<Q> = readonly (string | { readonly name: string; readonly valueOf: (question: Q) => Value })[];

/** @returns the sentence that says what is wrong */
export function parseHttpTemplate<Q>(text: string, placeholders: Placeholders<Q>): HttpTemplate<Q> | string {
  const parts: HttpTemplate<Q>[number][] = [];
  for (const [token, name] of text.matchAll(/\$\{([^{}]*)\}|\$(?!\{[^{}]*\})|[^$]+/g)) {
    const valueOf = name === undefined ? undefined : placeholders.valueOf(name);
    if (name === undefined) parts.push(token);
    else if (valueOf !== undefined) parts.push({ name, valueOf });
    else return `there is no \${${name}}; there are ${placeholders.names.map((one) => `\${${one}}`).join(' ')}`;
  }
  return parts;
}

export const uses = <Q>(template: HttpTemplate<Q>, name: string): boolean =>
  template.some((part) => typeof part === 'object' && part.name === name);

/** @returns undefined where `write` cannot write a value */
export function fillRequest<Q>(
  template: HttpTemplate<Q>,
  question: Q,
  write: (value: Value) => string | undefined,
): string | undefined {
  let text = '';
  for (const part of template) {
    const written = typeof part === 'string' ? part : write(part.valueOf(question));
    if (written === undefined) return undefined;
    text += written;
  }
  return text;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns undefined where bytes are not UTF-8 */
export function utf8Of(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  try {
    return decoder.decode(value);
  } catch {
    return undefined;
  }
}

/** For a URL and a form: any bytes, none of which means anything there. */
export const asUrlPart = (value: Value): string =>
  Array.from(Buffer.from(value), (byte) =>
    /[A-Za-z0-9_.~-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');

/** For a header: visible ASCII, so that nobody writes a header of his own (RFC 9110 5.5). */
export const asHeaderPart = (value: Value): string | undefined => {
  const text = utf8Of(value);
  return text !== undefined && /^[\x20-\x7e]*$/.test(text) ? text : undefined;
};
