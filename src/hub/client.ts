import type { Socket } from 'node:net';
import { CatchUp } from './catch-up.ts';
import { ClientSubscriptions } from './client-subscriptions.ts';
import { type Cut, closings, foreignProtocol } from './closing.ts';
import { beforeConnect, type ConnectOptions, readConnect } from './connect-options.ts';
import type { HubContext } from './context.ts';
import { hubClientConnected, hubClientCut, hubClientGone, hubUnusedGone } from './events.ts';
import { Parser, type ParserHandler, type Publication } from './parser.ts';
import { sendTo } from './send.ts';
import { isLiteralSubject } from './subject.ts';
import { newSubjectMemo } from './subject-router.ts';
import type { HubSubscriber, HubSubscription } from './subscription.ts';
import { Writer } from './writer.ts';

/** A client with more queued than this within one turn is sent to before the turn ends. */
const earlyFlushBytes = 131_072;
/** Time for the last words to a client that is cut off. */
const lingerMs = 1_000;
const maxPingsOut = 2;

/** One connection to the hub. */
export class HubClient implements ParserHandler, HubSubscriber {
  readonly id: number;
  readonly address: string;
  /** Address and port, for log lines. */
  readonly peer: string;
  hasEcho = true;
  wantsNoResponders = false;
  readonly #hub: HubContext;
  readonly #released: (client: HubClient) => void;
  readonly #socket: Socket;
  readonly #parser: Parser;
  readonly #writer: Writer;
  readonly #subscriptions: ClientSubscriptions;
  readonly #memo = newSubjectMemo();
  #connect: ConnectOptions = beforeConnect;
  #isConnected = false;
  #hasSpoken = false;
  #isClosing = false;
  #isMarked = false;
  #isActive = false;
  #heardAt: number;
  #pingsOut = 0;
  #reason = 'closed by the client';
  readonly #catchUp = new CatchUp();
  #endHold: (() => void) | undefined;
  #cancelLinger: (() => void) | undefined;
  hasAskedForJetStream = false;

  /** @param socket half-open allowed, so that what its last bytes ask for is still answered.
   *  @param released runs once, when the connection is gone. */
  constructor(id: number, socket: Socket, hub: HubContext, released: (client: HubClient) => void) {
    this.#released = released;
    this.id = id;
    this.address = socket.remoteAddress ?? '';
    this.peer = `${this.address}:${socket.remotePort ?? 0}`;
    this.#hub = hub;
    this.#socket = socket;
    this.#heardAt = hub.clock.monotonic();
    this.#subscriptions = new ClientSubscriptions(this, hub);
    this.#parser = new Parser(this, hub.options);
    this.#writer = new Writer(hub.blocks, sendTo(socket), () => this.#onSent());
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('error', (error) => {
      if (!this.#isClosing) this.#reason = error.message;
    });
    socket.on('end', () => this.#end());
    socket.on('close', () => this.#onClose());
  }

  /** Queues a protocol line. @param line with CR LF. */
  say(line: string): void {
    this.#writer.line(line);
    this.#mark();
    if (this.#writer.pendingBytes > this.#hub.options.maxPending) this.cut('slow-consumer');
  }

  /** Sends what is queued, unless the previous batch is still under way. */
  flush(): void {
    this.#isMarked = false;
    this.#writer.flush();
  }

  // What the client says.

  connect(json: string): void {
    this.#hasSpoken = true;
    const connect = readConnect(json, this.#connect);
    if (typeof connect === 'string') {
      this.cut(connect);
      return;
    }
    this.#connect = connect;
    this.#parser.hasHeaders = connect.headers;
    this.hasEcho = connect.echo;
    this.wantsNoResponders = connect.noResponders;
    this.#ok();
    if (this.#isConnected) return;
    this.#isConnected = true;
    const { name, lang, version } = connect;
    this.#hub.events.emit(hubClientConnected, { peer: this.peer, client: this.id, name, lang, version });
  }

  ping(): void {
    this.#hasSpoken = true;
    this.say('PONG\r\n');
  }

  pong(): void {
    this.#hasSpoken = true;
  }

  error(): void {
    this.#reason = 'it reported an error of its own';
    this.#end();
  }

  publish(publication: Publication): void {
    this.#hasSpoken = true;
    const { stats, router } = this.#hub;
    stats.inMessages += 1;
    stats.inBytes += publication.payloadEnd - publication.payloadStart;
    if (this.#connect.pedantic) this.#checkSubject(publication);
    if (this.#connect.verbose) this.#ok();
    router.route(publication, this, this.#memo);
  }

  subscribe(subject: string, queue: string | undefined, sid: string): void {
    this.#hasSpoken = true;
    const problem = this.#subscriptions.add(subject, queue, sid);
    if (problem === undefined) this.#ok();
    else this.say(`-ERR '${problem}'\r\n`);
  }

  unsubscribe(sid: string, max: number): void {
    this.#hasSpoken = true;
    this.#subscriptions.limit(sid, max);
    this.#ok();
  }

  // What the router says.

  deliver(publication: Publication, subscription: HubSubscription): void {
    const { stats, options } = this.#hub;
    const writer = this.#writer;
    stats.outMessages += 1;
    stats.outBytes += publication.payloadEnd - publication.payloadStart;
    if (publication.headerBytes > 0 ? this.#connect.headers : publication.headerBytes < 0)
      writer.message(publication, subscription.sidBytes);
    else writer.messageWithoutHeaders(publication, subscription.sidBytes);
    if (!this.#isMarked) this.#mark();
    if (writer.queuedBytes > earlyFlushBytes) writer.flush();
    const pending = writer.pendingBytes;
    if (pending <= options.maxPending / 2) return;
    if (pending > options.maxPending) this.cut('slow-consumer');
    else this.#hub.congested = this.#catchUp;
  }

  deliverNoResponders(reply: string, sid: string): void {
    this.say(`HMSG ${reply} ${sid} 16 16\r\nNATS/1.0 503\r\n\r\n\r\n`);
  }

  finished(subscription: HubSubscription): void {
    this.#subscriptions.close(subscription);
  }

  // Its life.

  /** Looks after a silent client; called again and again. */
  tick(now: number): void {
    if (this.#isClosing) return;
    const { connectTimeout, pingInterval } = this.#hub.options;
    // Bytes that do not become an operation buy no time.
    if (this.#isActive && this.#hasSpoken) {
      this.#isActive = false;
      this.#heardAt = now;
      this.#pingsOut = 0;
    }
    const silentMs = now - this.#heardAt;
    if (!this.#hasSpoken) {
      if (silentMs >= connectTimeout) this.cut('connect-timeout');
    } else if (silentMs >= pingInterval * (this.#pingsOut + 1)) {
      this.#pingsOut += 1;
      if (this.#pingsOut > maxPingsOut) this.cut('stale');
      else this.say('PING\r\n');
    }
  }

  /** Tells it to go elsewhere: the hub is stopping. @param info the INFO line with `ldm`. */
  leave(info: string): void {
    if (this.#isClosing) return;
    if (this.#connect.protocol > 0) this.#writer.line(info);
    this.#reason = 'the hub is stopping';
    this.#end();
  }

  /** Closes the connection for a fault of the client. @param excerpt of what it sent. */
  cut(cut: Cut, excerpt?: string): void {
    if (this.#isClosing) return;
    const { wire, sentence } = closings[cut];
    const { events, stats } = this.#hub;
    events.emit(hubClientCut, {
      peer: this.peer,
      client: this.id,
      cut,
      reason: sentence,
      ...(excerpt === undefined ? {} : { excerpt }),
    });
    this.#reason = '';
    if (cut === 'slow-consumer') {
      stats.slowConsumers += 1;
      this.#writer.discard();
    }
    if (wire !== undefined) this.#writer.line(`-ERR '${wire}'\r\n`);
    this.#end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#isActive = true;
    if (this.#isClosing) return; // read on, or the peer would see a reset in place of our last words
    const hub = this.#hub;
    const failure = this.#parser.feed(chunk);
    if (failure !== undefined) {
      const { excerpt } = this.#parser;
      const foreign = this.#hasSpoken ? undefined : foreignProtocol(excerpt);
      this.cut(foreign ?? failure, JSON.stringify(excerpt));
    }
    const { congested } = hub;
    if (congested === undefined) return;
    hub.congested = undefined;
    if (!this.#isClosing) this.#endHold = congested.hold(this.#socket, hub.clock);
  }

  #checkSubject({ buffer, subjectStart, subjectEnd }: Publication): void {
    if (!isLiteralSubject(buffer.toString('latin1', subjectStart, subjectEnd)))
      this.say("-ERR 'Invalid Publish Subject'\r\n");
  }

  #ok(): void {
    if (this.#connect.verbose) this.say('+OK\r\n');
  }

  #mark(): void {
    if (this.#isMarked || this.#isClosing) return;
    this.#isMarked = true;
    this.#hub.turn.add(this);
  }

  #onSent(): void {
    const writer = this.#writer;
    writer.flush();
    if (this.#catchUp.isAwaited && writer.pendingBytes <= this.#hub.options.maxPending / 2) this.#catchUp.done();
  }

  /** Sends what is queued and ends; cut off after a moment, or when the peer has ended too. */
  #end(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#parser.stop();
    this.#withdraw();
    this.#writer.finish();
    this.#socket.end();
    this.#cancelLinger = this.#hub.clock.after(lingerMs, () => this.#socket.destroy());
  }

  #withdraw(): void {
    this.#subscriptions.closeAll();
    this.#catchUp.done();
  }

  #onClose(): void {
    this.#isClosing = true;
    this.#parser.stop();
    this.#withdraw();
    this.#writer.discard();
    this.#endHold?.();
    this.#cancelLinger?.();
    if (this.#reason !== '') {
      const gone = this.#isConnected ? hubClientGone : hubUnusedGone;
      this.#hub.events.emit(gone, { peer: this.peer, client: this.id, reason: this.#reason });
    }
    this.#released(this);
  }
}
