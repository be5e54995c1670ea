import type { NatsLimits, Unsendable } from '../link.ts';

/** Command, spaces, two sizes of up to ten digits and the line end: `HPUB <subject> <reply> <size> <size>`. */
const besideSubjects = 32;

/** What is known of the limits of the server; it outlives a connection. */
export class ServerLimits implements NatsLimits {
  payloadBytes: number = Number.POSITIVE_INFINITY;
  readonly lineBytes: number;

  /** @param lineBytes no server tells this one, and a longer line ends the connection. */
  constructor(lineBytes: number) {
    this.lineBytes = lineBytes;
  }

  /** @param bytes of headers and payload. */
  unsendable(subject: string, bytes: number, reply = ''): Unsendable | undefined {
    if (bytes > this.payloadBytes) return 'payload-too-large';
    const room = this.lineBytes - besideSubjects - reply.length;
    // a UTF-16 unit has three bytes at most
    return subject.length * 3 <= room || Buffer.byteLength(subject) <= room ? undefined : 'subject-too-long';
  }
}
