import { messageOf } from '../../kernel/errors.ts';
import { passwordOf } from '../../mqtt/connect.ts';
import { packetTypeOf, packetTypes } from '../../mqtt/packet-type.ts';
import { refuse } from '../../mqtt/refusal.ts';
import type { Subscription } from '../../plane/plane.ts';
import type { EdgePort, EngineConnection } from '../engine-port.ts';
import type { Acceptance, AuthorizedClient } from '../ports.ts';
import type { StoredSession } from '../session-store.ts';
import type { Sessions } from '../sessions.ts';
import { SessionSubscriptions, type SessionSubscriptionsDeps } from '../subscriptions/session-subscriptions.ts';
import { type EngineSink, EngineSocket } from './engine-socket.ts';
import type { EngineClient, EngineParsedPacket, EngineParserStub } from './engine-types.ts';
import type { PacketReader } from './packet-reader.ts';
import { correct } from './parsed-packet.ts';
import { refusalCode } from './session-refusal.ts';

export interface EngineSessionDeps extends Omit<SessionSubscriptionsDeps, 'edge' | 'session' | 'failed'> {
  readonly reader: PacketReader;
  /** Makes the engine's client for the socket. */
  readonly attach: (socket: EngineSocket) => EngineClient;
}

/** What the engine registered for packets, and for whom. */
type Enqueue = (this: EngineParserStub, packet: EngineParsedPacket) => void;

const ignore = (): void => undefined;
/** The engine learns topic aliases only from packets that have one, and the edge resolves them before. */
const noAliases: ReadonlyMap<number, string> = new Map();

/**
 * One connection inside the engine, which gets its CONNECT and its DISCONNECT. The engine's own CONNACK is never sent: it
 * says too little.
 */
export class EngineSession implements EngineConnection, EngineSink {
  readonly edge: EdgePort;
  #authorized: AuthorizedClient | undefined;
  #isPresent = false;
  #isKept = false;
  #isRegistered = false;
  /** Lets the next CONNECT of the client id go on. */
  #leaveTurn: (() => void) | undefined;
  #giveUp: (() => void) | undefined;
  /** The CONNECT, until it is admitted. */
  #frame: Buffer | undefined;
  readonly #client: EngineClient;
  readonly #enqueue: Enqueue;
  readonly #deps: EngineSessionDeps;
  readonly #subscriptions: SessionSubscriptions;

  constructor(edge: EdgePort, deps: EngineSessionDeps) {
    this.edge = edge;
    this.#deps = deps;
    this.#client = deps.attach(new EngineSocket(this));
    this.#subscriptions = new SessionSubscriptions({
      ...deps,
      edge,
      session: this,
      failed: (error) => this.#fail(error),
    });
    const [enqueue] = this.#client._parser.listeners('packet');
    this.#enqueue = enqueue as Enqueue;
    this.#guard();
  }

  get client(): EngineClient {
    return this.#client;
  }

  /** The client id. */
  get id(): string {
    return this.#client.id ?? '';
  }

  get isPersistent(): boolean {
    return !this.#client.clean;
  }

  /** There is a record of its session. */
  get isKept(): boolean {
    return this.#isKept;
  }

  get subscriptions(): Iterable<Subscription> {
    return this.#subscriptions.values();
  }

  /** Undefined before it was admitted; so is the next. */
  get authorized(): AuthorizedClient | undefined {
    return this.#authorized;
  }

  get owner(): Pick<StoredSession, 'principal' | 'trust'> | undefined {
    if (this.#authorized === undefined) return undefined;
    const { principal, trust } = this.#authorized;
    return { principal, trust };
  }

  /** While its CONNECT is worked on. */
  get password(): Uint8Array | undefined {
    return this.#frame === undefined ? undefined : passwordOf(this.#frame, this.edge.connect);
  }

  handle(frame: Buffer): void {
    const { connect } = this.edge;
    const type = packetTypeOf(frame);
    try {
      if (type === packetTypes.subscribe) this.#subscriptions.subscribe(frame);
      else if (type === packetTypes.unsubscribe) this.#subscriptions.unsubscribe(frame);
      else {
        this.#frame = frame;
        this.#client._parsingBatch = 0;
        this.#enqueue.call(this.#client._parser, correct(this.#deps.reader.read(frame, connect.version), connect));
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  closed(): void {
    this.#client.close();
  }

  send(batch: readonly Uint8Array[]): void {
    this.edge.send(batch);
  }

  ended(): void {
    this.edge.ended();
  }

  /** Somebody is asked who the client is. @param giveUp called when it is gone before there is an answer */
  isAsked(giveUp: () => void): void {
    this.#giveUp = giveUp;
  }

  /** The client is who it says. @param isPresent there is a session to go on with */
  admitted({ principal, trust, attributes }: Acceptance, isPresent: boolean): void {
    this.#giveUp = undefined;
    this.#frame = undefined;
    this.#authorized = { clientId: this.id, principal, trust, attributes, peer: this.edge.peer };
    this.#isPresent = isPresent;
    this.#client._serverKeepAlive = 0; // the edge waits for silent clients
    this.#client._disconnected = true; // until it is accepted it leaves no will [MQTT-3.1.2-8]
    this.edge.identified(this.#authorized);
  }

  /** No other CONNECT of the client id is worked on until `leaveTurn`. */
  tookTurn(leave: () => void): void {
    this.#leaveTurn = leave;
  }

  /** Its CONNECT is through, or came to nothing. */
  leaveTurn(): void {
    this.#leaveTurn?.();
    this.#leaveTurn = undefined;
  }

  /** The engine knows the client. */
  async registered(sessions: Sessions): Promise<void> {
    this.#isRegistered = true;
    const { id: clientId, isPersistent } = this;
    const { _cleanStart: isCleanStart, sessionExpiryInterval: expirySeconds } = this.#client;
    const { principal = '', trust } = this.#authorized ?? {};
    const session = { clientId, principal, trust, expirySeconds };
    try {
      // not at once in any case: the engine's own work on CONNECT must have ended before
      await (isPersistent ? sessions.connected(session, !this.#isPresent) : sessions.keep(clientId));
      this.#isKept = isPersistent;
      if (isCleanStart !== true) await this.#subscriptions.restore();
    } catch (cause) {
      if (!this.#isPresent) this.#client.clean = true; // or its session would begin with its end
      this.refused(refusalCode(cause), `the session could not be stored or read: ${messageOf(cause)}`);
      return;
    }
    if (this.#client.closed) return;
    this.#client.connected = true;
    this.#client.connackSent = true;
    this.#client._nextBatch = (error) => this.#packetDone(error); // what is under way keeps the one that it was given
    this.edge.accepted({ ...session, isPersistent, isPresent: this.#isPresent });
    if (!this.#client.closed) this.#client._disconnected = false;
    this.edge.handled();
  }

  /** The client may not connect. @param reason for the log */
  refused(reasonCode: number, reason: string): void {
    this.edge.refused(refuse(reasonCode, '3.1.4', reason));
  }

  #guard(): void {
    const client = this.#client;
    client.duplicates = Object.create(null) as Record<string, number>;
    const close = client.close.bind(client);
    client.close = (done) => {
      this.#giveUp?.();
      this.#subscriptions.leave(); // before its will is published
      close(done);
    };
    client._nextBatch = (error) => this.#connectDone(error);
    client._parser = { client, _queue: null, listeners: () => [], removeAllListeners: ignore };
    client._topicAliases = noAliases;
    client._eos = ignore;
    if (client._connectTimer !== null) clearTimeout(client._connectTimer); // the edge has its own
    client._connectTimer = null;
  }

  /** Once the client is registered, what is left of CONNECT is ours, and the engine ends with an error. */
  #connectDone(error: Error | null | undefined): void {
    if (error == null || this.#isRegistered) return;
    this.refused(refusalCode(error), `CONNECT failed: ${error.message}`);
    this.leaveTurn();
  }

  /** The engine is through with a packet after CONNECT. */
  #packetDone(error: Error | null | undefined): void {
    if (error == null) this.edge.handled();
    else this.#fail(error);
  }

  #fail(error: unknown): void {
    this.edge.failed(messageOf(error));
    this.#client.conn.destroy();
    this.#client.close();
  }
}
