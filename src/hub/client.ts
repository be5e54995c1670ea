import type { Socket } from 'node:net';
import { ClientOutput } from './client-output.ts';
import { ClientSubscriptions } from './client-subscriptions.ts';
import { type Cut, closings, foreignProtocol } from './closing.ts';
import { beforeConnect, type ConnectOptions, readConnect } from './connect-options.ts';
import type { HubContext } from './context.ts';
import { hubClientConnected, hubClientCut, hubClientGone, hubLoginRefused, hubUnusedGone } from './events.ts';
import type { HubArrival, HubVerdict } from './guard.ts';
import { Login } from './login.ts';
import { type ParseFailure, Parser, type ParserHandler, type Publication, subjectOf } from './parser.ts';
import { Silence } from './silence.ts';
import { isLiteralSubject } from './subject.ts';
import { newSubjectMemo } from './subject-router.ts';
import type { HubSubscriber, HubSubscription } from './subscription.ts';

/** Time for the last words to a client that is cut off. */
const lingerMs = 1_000;

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
  readonly #output: ClientOutput;
  readonly #subscriptions: ClientSubscriptions;
  readonly #memo = newSubjectMemo();
  #connect: ConnectOptions = beforeConnect;
  readonly #login: Login | undefined;
  readonly #silence: Silence;
  #isConnected = false;
  /** Somebody is asked who it is. */
  #isAwaited = false;
  #hasEnded = false;
  #isClosing = false;
  #reason = 'closed by the client';
  #endHold: (() => void) | undefined;
  #cancelLinger: (() => void) | undefined;
  hasAskedForJetStream = false;

  /** @param socket of it half-open allowed, so that what its last bytes ask for is still answered.
   *  @param released runs once, when the connection is gone. */
  constructor({ id, socket, peer, guard }: HubArrival, hub: HubContext, released: (client: HubClient) => void) {
    this.#released = released;
    this.id = id;
    this.address = peer.address;
    this.peer = `${peer.address}:${peer.port}`;
    this.#login = guard && new Login(guard, peer);
    this.#hub = hub;
    this.#socket = socket;
    this.#silence = new Silence(hub.clock.monotonic());
    this.#subscriptions = new ClientSubscriptions(this, hub);
    this.#parser = new Parser(this, hub.options);
    this.#parser.isLocked = guard !== undefined;
    this.#output = new ClientOutput(socket, hub, () => this.cut('slow-consumer'));
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('error', (error) => {
      if (!this.#isClosing) this.#reason = error.message;
    });
    socket.on('end', () => {
      this.#hasEnded = true;
      if (!this.#isAwaited) this.#end(); // else what it sent is still to be answered
    });
    socket.on('close', () => this.#onClose());
  }

  /** Queues a protocol line. @param line with CR LF. */
  say(line: string): void {
    this.#output.say(line);
  }

  connect(json: string): void {
    this.#silence.hasSpoken = true;
    const connect = readConnect(json, this.#connect);
    if (typeof connect === 'string') {
      this.cut(connect);
      return;
    }
    const answer = this.#login?.ask(json);
    if (answer instanceof Promise) void this.#await(answer, connect);
    else this.#begin(connect, answer);
  }

  /** What it sends behind its CONNECT waits with it. */
  async #await(answer: Promise<HubVerdict | undefined>, connect: ConnectOptions): Promise<void> {
    this.#isAwaited = true;
    this.#parser.hold();
    this.#socket.pause();
    const verdict = await answer;
    this.#isAwaited = false;
    this.#socket.resume();
    if (verdict === undefined || this.#isClosing) return;
    this.#begin(connect, verdict);
    this.#judge(this.#parser.goOn());
    if (this.#hasEnded) this.#end();
  }

  /** @param verdict undefined where nobody is asked */
  #begin(connect: ConnectOptions, verdict: HubVerdict | undefined): void {
    if (verdict?.kind === 'reject') {
      const { code, reason } = verdict;
      this.#hub.events.emit(hubLoginRefused, { peer: this.peer, client: this.id, code, reason });
      this.cut(code, reason);
      return;
    }
    if (verdict !== undefined) this.#login?.enter(verdict);
    this.#parser.isLocked = false;
    this.#connect = connect;
    this.#parser.hasHeaders = connect.headers;
    this.hasEcho = connect.echo;
    this.wantsNoResponders = connect.noResponders;
    this.#ok();
    if (this.#isConnected) {
      for (const _step of this.reconsider()); // it may be somebody else now
      return;
    }
    this.#isConnected = true;
    const { name, lang, version } = connect;
    const user = this.#login?.user;
    this.#hub.events.emit(hubClientConnected, { peer: this.peer, client: this.id, user, name, lang, version });
  }

  ping(): void {
    this.#silence.hasSpoken = true;
    this.say('PONG\r\n');
  }

  pong(): void {
    this.#silence.hasSpoken = true;
  }

  error(): void {
    this.#reason = 'it reported an error of its own';
    this.#end();
  }

  publish(publication: Publication): void {
    this.#silence.hasSpoken = true;
    const { stats, router } = this.#hub;
    stats.inMessages += 1;
    stats.inBytes += publication.payloadEnd - publication.payloadStart;
    const denial = this.#login?.rights?.publishProblem(publication);
    if (denial !== undefined) {
      this.#err(denial);
      return;
    }
    if (this.#connect.pedantic && !isLiteralSubject(subjectOf(publication))) this.#err('Invalid Publish Subject');
    if (this.#connect.verbose) this.#ok();
    router.route(publication, this, this.#memo);
  }

  subscribe(subject: string, queue: string | undefined, sid: string): void {
    this.#silence.hasSpoken = true;
    const problem = this.#subscriptions.add(subject, queue, sid, this.#login?.rights);
    if (problem === undefined) this.#ok();
    else this.#err(problem);
  }

  unsubscribe(sid: string, max: number): void {
    this.#silence.hasSpoken = true;
    this.#subscriptions.limit(sid, max);
    this.#ok();
  }

  deliver(publication: Publication, { sidBytes }: HubSubscription): void {
    this.#output.message(publication, sidBytes, this.#connect.headers);
  }

  deliverNoResponders(reply: string, sid: string): void {
    this.say(`HMSG ${reply} ${sid} 16 16\r\nNATS/1.0 503\r\n\r\n\r\n`);
  }

  finished(subscription: HubSubscription): void {
    this.#subscriptions.close(subscription);
  }

  /** Looks after a silent client; called again and again. */
  tick(now: number): void {
    if (this.#isClosing) return;
    const { options, clock } = this.#hub;
    if (this.#login?.hasExpired(clock.now()) === true) {
      this.cut('expired');
      return;
    }
    const silence = this.#silence.judge(now, options);
    if (silence === 'ping') this.say('PING\r\n');
    else if (silence !== undefined) this.cut(silence);
  }

  /** Other rules count, or others are banned: what it may do no more ends, a subscription at a step. */
  *reconsider(): Generator<undefined> {
    const rights = this.#login?.rights;
    if (rights === undefined || this.#isClosing) return;
    const why = rights.whyNot();
    if (why !== undefined) this.cut('not-authorized', why);
    else
      for (const problem of this.#subscriptions.reconsider(rights)) {
        if (problem !== undefined) this.#err(problem);
        yield;
      }
  }

  /** Tells it to go elsewhere: the hub is stopping. @param info the INFO line with `ldm`. */
  leave(info: string): void {
    if (this.#isClosing) return;
    this.#reason = 'the hub is stopping';
    this.#end(this.#connect.protocol > 0 ? info : '');
  }

  /** Closes the connection for a fault of the client. @param excerpt of what it sent, or why it is refused */
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
      this.#output.discard();
    }
    this.#end(wire === undefined ? '' : `-ERR '${wire}'\r\n`);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#silence.isActive = true;
    if (this.#isClosing) return; // read on, or the peer would see a reset in place of our last words
    this.#judge(this.#parser.feed(chunk));
  }

  /** After the parser has read. */
  #judge(failure: ParseFailure | undefined): void {
    const hub = this.#hub;
    if (failure !== undefined) {
      const { excerpt } = this.#parser;
      const foreign = this.#silence.hasSpoken ? undefined : foreignProtocol(excerpt);
      this.cut(foreign ?? failure, JSON.stringify(excerpt));
    }
    const { congested } = hub;
    if (congested === undefined) return;
    hub.congested = undefined;
    if (!this.#isClosing) this.#endHold = congested.hold(this.#socket, hub.clock);
  }

  #err(problem: string): void {
    this.say(`-ERR '${problem}'\r\n`);
  }

  #ok(): void {
    if (this.#connect.verbose) this.say('+OK\r\n');
  }

  /** Sends what is queued and ends; cut off after a moment, or when the peer has ended too. */
  #end(lastLine = ''): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#parser.stop();
    this.#withdraw();
    this.#output.finish(lastLine);
    this.#socket.end();
    this.#cancelLinger = this.#hub.clock.after(lingerMs, () => this.#socket.destroy());
  }

  #withdraw(): void {
    this.#login?.abandon();
    this.#subscriptions.closeAll();
    this.#output.catchUp.done();
  }

  #onClose(): void {
    this.#isClosing = true;
    this.#parser.stop();
    this.#withdraw();
    this.#output.discard();
    this.#endHold?.();
    this.#cancelLinger?.();
    if (this.#reason !== '') {
      const gone = this.#isConnected ? hubClientGone : hubUnusedGone;
      this.#hub.events.emit(gone, { peer: this.peer, client: this.id, reason: this.#reason });
    }
    this.#released(this);
  }
}
