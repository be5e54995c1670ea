import { EventEmitter, once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { patienceMs, patient } from './patience.ts';

/** How long a packet may take to come; long, as the machine may be busy. */

/** The length of the first packet in some bytes; undefined while it is not whole. */
function packetLength(bytes: Buffer): number | undefined {
  let length = 0;
  for (let at = 1; at < Math.min(bytes.length, 5); at += 1) {
    const digit = bytes[at] ?? 0;
    length += (digit & 0x7f) * 128 ** (at - 1);
    if (digit < 0x80) return at + 1 + length <= bytes.length ? at + 1 + length : undefined;
  }
  return undefined;
}

/** A TCP connection that gives what it received packet by packet. */
export class ProtocolConnection {
  readonly #socket: Socket;
  readonly #changes = new EventEmitter();
  #received = Buffer.alloc(0);
  #isEnded = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#changes.setMaxListeners(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changes.emit('change');
    });
    for (const event of ['end', 'close'])
      socket.on(event, () => {
        this.#isEnded = true;
        this.#changes.emit('change');
      });
  }

  static async to(port: number): Promise<ProtocolConnection> {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new ProtocolConnection(socket);
  }

  /** Protocol level of the CONNECT sent last. */
  version = 4;

  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** The next packet; what came before a close, and was no packet, as it is. */
  async packet(): Promise<Buffer> {
    await this.#until(() => packetLength(this.#received) !== undefined || this.#isEnded);
    const length = packetLength(this.#received) ?? this.#received.length;
    const packet = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return packet;
  }

  /** Resolves when the broker has ended the connection. @returns what came and was not asked for */
  async ended(): Promise<Buffer> {
    await this.#until(() => this.#isEnded);
    return this.#received;
  }

  /** Leaves without a word; resolves when the broker has closed its side as well. */
  async drop(): Promise<void> {
    this.#socket.end();
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #until(condition: () => boolean): Promise<void> {
    const signal = patient();
    while (!condition())
      await once(this.#changes, 'change', { signal }).catch((cause: unknown) => {
        const got = this.#received.toString('hex');
        throw new Error(`nothing more came within ${patienceMs / 1_000} s; so far: ${got === '' ? 'nothing' : got}`, {
          cause,
        });
      });
  }
}
