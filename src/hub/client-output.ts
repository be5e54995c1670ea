import type { Socket } from 'node:net';
import { CatchUp } from './catch-up.ts';
import type { HubContext } from './context.ts';
import type { Publication } from './parser.ts';
import { sendTo } from './send.ts';
import { Writer } from './writer.ts';

/** A client with more queued than this within one turn is sent to before the turn ends. */
const earlyFlushBytes = 131_072;

/** What one client is sent, within `nats.hub.maxPending`. */
export class ClientOutput {
  /** Publishers that wait for it. */
  readonly catchUp = new CatchUp();
  readonly #hub: HubContext;
  readonly #tooSlow: () => void;
  readonly #writer: Writer;
  #isMarked = false;
  #hasEnded = false;

  /** @param tooSlow more waits for it than may */
  constructor(socket: Socket, hub: HubContext, tooSlow: () => void) {
    this.#hub = hub;
    this.#tooSlow = tooSlow;
    this.#writer = new Writer(hub.blocks, sendTo(socket), () => this.#onSent());
  }

  /** Queues a protocol line. @param line with CR LF. */
  say(line: string): void {
    this.#writer.line(line);
    this.#mark();
    if (this.#writer.pendingBytes > this.#hub.options.maxPending) this.#tooSlow();
  }

  /** Queues a message. @param takesHeaders it understands them */
  message(publication: Publication, sidBytes: Uint8Array, takesHeaders: boolean): void {
    const { stats, options } = this.#hub;
    const writer = this.#writer;
    stats.outMessages += 1;
    stats.outBytes += publication.payloadEnd - publication.payloadStart;
    if (publication.headerBytes > 0 ? takesHeaders : publication.headerBytes < 0) writer.message(publication, sidBytes);
    else writer.messageWithoutHeaders(publication, sidBytes);
    if (!this.#isMarked) this.#mark();
    if (writer.queuedBytes > earlyFlushBytes) writer.flush();
    const pending = writer.pendingBytes;
    if (pending <= options.maxPending / 2) return;
    if (pending > options.maxPending) this.#tooSlow();
    else this.#hub.congested = this.catchUp;
  }

  /** Sends what is queued, unless the previous batch is still under way. */
  flush(): void {
    this.#isMarked = false;
    this.#writer.flush();
  }

  /** Forgets what is queued. */
  discard(): void {
    this.#hasEnded = true;
    this.#writer.discard();
  }

  /** Sends what is queued; nothing more may be. @param lastLine with CR LF */
  finish(lastLine = ''): void {
    this.#hasEnded = true;
    if (lastLine !== '') this.#writer.line(lastLine);
    this.#writer.finish();
  }

  #mark(): void {
    if (this.#isMarked || this.#hasEnded) return;
    this.#isMarked = true;
    this.#hub.turn.add(this);
  }

  #onSent(): void {
    const writer = this.#writer;
    writer.flush();
    if (this.catchUp.isAwaited && writer.pendingBytes <= this.#hub.options.maxPending / 2) this.catchUp.done();
  }
}
