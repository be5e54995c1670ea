import { packet, text, u16 } from './packet-bytes.ts';
import { type RawClient, rawClient } from './raw-client.ts';

/** CONNECT of MQTT 3.1.1. @param flags 02: clean session */
export const connectPacket = (clientId: string, flags = 2, keepAliveSeconds = 0): Buffer =>
  packet(0x10, text('MQTT'), 4, flags, u16(keepAliveSeconds), text(clientId));

/** A client whose CONNACK came. */
export async function connected(port: number, clientId: string, flags = 2): Promise<RawClient> {
  const client = await rawClient(port);
  client.write(connectPacket(clientId, flags));
  await client.receive(4);
  return client;
}

/** The same packets over and over, as many as fit into 64 KiB. @param make the packet with this packet identifier */
export function chunkOf(make: (packetId: number) => Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let id = 1, bytes = 0; bytes < 65_536; id += 1) {
    const frame = make((id % 1_000) + 1);
    frames.push(frame);
    bytes += frame.length;
  }
  return Buffer.concat(frames);
}

/** Sends a chunk as fast as the broker takes it, and reads no answer closer, until it is stopped. */
export async function flood(port: number, clientId: string, chunk: Buffer): Promise<{ readonly stop: () => void }> {
  const { socket } = await connected(port, clientId);
  socket.removeAllListeners('data');
  socket.on('data', () => undefined);
  const send = (): void => {
    while (!socket.destroyed && socket.write(chunk)) continue;
  };
  socket.on('drain', send);
  send();
  return { stop: () => socket.destroy() };
}
