import type { Socket } from 'node:net';

import { beginsRequest } from '../http/server/refusals.ts';

/** What the first byte of a connection tells. */
export type Speech = 'tls' | 'mqtt' | 'http' | 'unknown';

const tlsHandshakeRecord = 0x16; // RFC 8446 5.1
const mqttConnect = 0x10; // [MQTT-3.1.0-1]: the first packet is a CONNECT, its flags are 0

/** Tells TLS, MQTT and HTTP apart. One byte is enough: the three never share one. */
export function speechOf(firstByte: number | undefined): Speech {
  if (firstByte === undefined) return 'unknown';
  if (firstByte === tlsHandshakeRecord) return 'tls';
  if (firstByte === mqttConnect) return 'mqtt';
  return beginsRequest(firstByte) ? 'http' : 'unknown';
}

/** Hands over the first bytes. The socket flows: whoever does not read on in the same step puts them back. */
export const readFirst = (socket: Socket, use: (first: Buffer) => void): void => {
  socket.once('data', use);
  socket.resume(); // it is paused where the header of a proxy was read before
};

/** They are read again; the socket is paused until then. */
export function putBack(socket: Socket, first: Buffer): void {
  socket.pause();
  socket.unshift(first);
}
