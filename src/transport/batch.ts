import type { Socket } from 'node:net';
import { coalesce } from './coalesce.ts';

/** Writes a batch with one system call where the socket takes it at once. */
export function writeBatch(socket: Socket, batch: readonly Uint8Array[]): void {
  const buffers = coalesce(batch);
  const isOne = buffers.length < 2;
  if (!isOne) socket.cork();
  for (const buffer of buffers) socket.write(buffer);
  if (!isOne) socket.uncork();
}
