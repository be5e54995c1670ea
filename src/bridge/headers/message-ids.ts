import { randomBytes } from 'node:crypto';
import type { Sending } from '../../broker/ports.ts';
import type { Message } from '../../plane/message.ts';
import { jetStreamHeaders, messageIdHeader } from './jetstream-headers.ts';

/** Packet identifiers, over all clients, whose last message is remembered; of clients with long names fewer. */
const maxRemembered = 65_536;
const maxRememberedCharacters = 4 * 1024 * 1024;

/**
 * `Nats-Msg-Id` of messages, by which a stream stores a repetition once. A PUBLISH with DUP has the one of the message
 * that its client sent under the packet identifier before; after a restart of this process that is not known any more.
 * The publisher's own User Property `Nats-Msg-Id` wins.
 */
export function createMessageIds(): (message: Message, sending: Sending) => string {
  const run = randomBytes(9).toString('base64url'); // an identifier of an earlier run must not mean another message
  const known = new Map<string, string>();
  let characters = 0;
  let last = 0;
  return ({ properties, origin }, { packetId, isDuplicate }) => {
    const given = jetStreamHeaders(properties?.userProperties).find(([name]) => name === messageIdHeader)?.[1];
    if (given !== undefined) return given;
    if (packetId === undefined || origin.kind !== 'client') return `${run}.${++last}`;
    const key = `${packetId} ${origin.clientId}`;
    const id = (isDuplicate ? known.get(key) : undefined) ?? `${run}.${++last}`;
    if (!known.delete(key)) characters += key.length; // to its end: the oldest is forgotten first
    known.set(key, id);
    for (const oldest of known.keys()) {
      if (known.size <= maxRemembered && characters <= maxRememberedCharacters) break;
      known.delete(oldest);
      characters -= oldest.length;
    }
    return id;
  };
}
