import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ConnectionRefusal } from './connection-refusal.ts';
import type { speechOf } from './first-byte.ts';
import type { ListenerOptions } from './schema.ts';

/** Names of what is spoken over TLS (RFC 7301 6 and IANA's registry). */
const names = { mqtt: 'mqtt', websocket: 'http/1.1', http: 'http/1.1' } as const;

/** What a listener agrees to speak, in its order of preference. */
export const alpnProtocols = ({ accept }: Pick<ListenerOptions, 'accept'>): readonly string[] => [
  ...new Set(accept.map((one) => names[one])),
];

/**
 * A client that speaks another protocol than it agreed to may not know it: somebody has led its bytes here (ALPACA).
 * @returns undefined where nothing was agreed, or it is kept.
 */
export function brokenAgreement(socket: Socket, speech: ReturnType<typeof speechOf>): ConnectionRefusal | undefined {
  const agreed = socket instanceof TLSSocket ? socket.alpnProtocol : false;
  if (typeof agreed !== 'string' || (speech !== 'mqtt' && speech !== 'http') || names[speech] === agreed)
    return undefined;
  return { reason: 'alpn', detail: `the client agreed to speak ${agreed} (ALPN) and speaks ${names[speech]}` };
}
