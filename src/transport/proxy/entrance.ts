import type { Socket } from 'node:net';
import { networksOf } from '../../kernel/network-map.ts';
import type { ConnectionRefusal } from '../connection-refusal.ts';
import type { ProxyHeader } from './header.ts';
import { isProxyHeader, readProxyHeader } from './read-header.ts';
import type { ProxyOptions } from './schema.ts';

/** Told once, unless the socket closes before; the socket is paused then, and what came behind the header put back. */
export interface EntranceHandler {
  /** @param header undefined: it is no proxy */
  readonly onEntered: (header: ProxyHeader | undefined) => void;
  readonly onRefused: (refusal: ConnectionRefusal) => void;
}

/** Reads the header of a proxy before anything else, and refuses one that somebody else sends. */
export type Entrance = (socket: Socket, address: string, handler: EntranceHandler) => void;

/** @returns undefined where no proxy sends one */
export function entranceOf(options: ProxyOptions | undefined): Entrance | undefined {
  if (options === undefined || options.protocol === 'none') return undefined;
  const { protocol: versions } = options;
  const proxies = networksOf(options.from);
  return (socket, address, { onEntered, onRefused }) => {
    if (proxies.has(address))
      gather(socket, (bytes) => {
        const reading = readProxyHeader(bytes, versions);
        if (reading === undefined) return undefined;
        if (reading.kind === 'fault') return () => onRefused(faulty(address, reading.why));
        return () => goOn(socket, bytes.subarray(reading.length), () => onEntered(reading));
      });
    else
      gather(socket, (bytes) => {
        const isHeader = isProxyHeader(bytes);
        if (isHeader === undefined) return undefined;
        return isHeader ? () => onRefused(untrusted(address)) : () => goOn(socket, bytes, () => onEntered(undefined));
      });
  };
}

/** Collects what comes until there is something to do. */
function gather(socket: Socket, look: (bytes: Buffer) => (() => void) | undefined): void {
  let bytes: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const act = look(bytes);
    if (act === undefined) return;
    socket.off('data', onData);
    socket.pause();
    act();
  };
  socket.on('data', onData);
}

function goOn(socket: Socket, rest: Buffer, enter: () => void): void {
  if (rest.length > 0) socket.unshift(rest);
  enter();
}

const faulty = (address: string, why: string): ConnectionRefusal => ({
  reason: 'proxy-header',
  detail: `the PROXY header of ${address} ${why}`,
});

const untrusted = (address: string): ConnectionRefusal => ({
  reason: 'proxy-untrusted',
  detail: `a PROXY header from ${address}, which is none of listeners[].proxy.from`,
});
