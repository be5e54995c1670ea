import type { Link, LinkHandler, Peer } from '../../src/broker/ports.ts';

/** A link without a socket: tests hand in bytes and read what was written. */
export interface MemoryLink extends Link {
  /** Bytes from the peer. */
  receive(data: Buffer): void;
  /** All bytes written so far. */
  sent(): Buffer;
  forget(): void;
  /** Hears what is written from now on. */
  onSent(listener: (data: Buffer) => void): void;
  /** What `bufferedBytes` says, as if the peer did not read. */
  setBufferedBytes(count: number): void;
  drain(): void;
  readonly isPaused: boolean;
  /** `ended`, or the reason given to `destroy`; undefined while open. */
  readonly closed: string | undefined;
}

const peer: Peer = { listener: 'test', protocol: 'mqtt', address: '127.0.0.1', port: 1, tls: undefined };

export function memoryLink(): MemoryLink {
  const written: Uint8Array[] = [];
  let handler: LinkHandler | undefined;
  let bufferedBytes = 0;
  let isPaused = false;
  let closed: string | undefined;
  let listener: (data: Buffer) => void = () => undefined;
  const close = (reason: string): void => {
    if (closed !== undefined) return;
    closed = reason;
    handler?.onClose(reason);
  };
  return {
    peer,
    get bufferedBytes() {
      return bufferedBytes;
    },
    get isPaused() {
      return isPaused;
    },
    get closed() {
      return closed;
    },
    open: (next) => {
      handler = next;
    },
    write(batch) {
      written.push(...batch);
      listener(Buffer.concat(batch));
    },
    onSent(next) {
      listener = next;
    },
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
    },
    end: () => close('ended'),
    destroy: close,
    receive: (data) => handler?.onData(data),
    sent: () => Buffer.concat(written),
    forget: () => void written.splice(0),
    setBufferedBytes: (count) => {
      bufferedBytes = count;
    },
    drain: () => handler?.onDrain(),
  };
}
