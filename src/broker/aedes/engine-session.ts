import { messageOf, StoreError } from '../../kernel/errors.ts';
import { encodeAcknowledgement } from '../../mqtt/encode-acknowledgement.ts';
import { headerLength } from '../../mqtt/frame.ts';
import { packetTypeOf, packetTypes } from '../../mqtt/packet-type.ts';
import { packetIdOf, parsePublish } from '../../mqtt/publish.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { isRefusal, type Refusal, refuse } from '../../mqtt/refusal.ts';
import { readUserProperties } from '../../mqtt/user-properties.ts';
import { refusedPublish } from '../edge/inbound.ts';
import type { EdgePort, EngineConnection } from '../engine-port.ts';
import type { Identity } from '../ports.ts';
import type { Sessions } from '../sessions.ts';
import { SessionSubscriptions, type SessionSubscriptionsDeps } from '../subscriptions/session-subscriptions.ts';
import { rememberOrigin } from './engine-packet.ts';
import { type EngineSink, EngineSocket } from './engine-socket.ts';
import type { EngineClient, EnginePacket, EngineParsedPacket, EngineParserStub } from './engine-types.ts';
import type { PacketReader } from './packet-reader.ts';
import { correct } from './parsed-packet.ts';
import { type Publishing, publishingOf } from './publishing.ts';
import { forgetInbound, type ReleaseDeps, releaseInbound } from './release-inbound.ts';

export interface EngineSessionDeps extends ReleaseDeps, Omit<SessionSubscriptionsDeps, 'edge' | 'session' | 'failed'> {
  readonly reader: PacketReader;
  /** Makes the engine's client for the socket. */
  readonly attach: (socket: EngineSocket) => EngineClient;
  readonly store: ReleaseDeps['store'] & SessionSubscriptionsDeps['store'];
}

/** The engine says why in words as well, so that the answer may be long. @param answer PUBACK or PUBREC */
const reasonCodeOf = (answer: Buffer): number => answer[headerLength(answer) + 2] ?? reasonCodes.success;

/** What the engine registered for packets, and for whom. */
type Enqueue = (this: EngineParserStub, packet: EngineParsedPacket) => void;

const ignore = (): void => undefined;
/** The engine learns topic aliases only from packets that have one, and the edge resolves them before. */
const noAliases: ReadonlyMap<number, string> = new Map();

/**
 * One connection inside the engine, which gets packet by packet. The engine's own CONNACK, PUBACK and PUBREC are
 * swallowed: it sends them before they are true, and without saying all they should.
 */
export class EngineSession implements EngineConnection, EngineSink {
  readonly edge: EdgePort;
  #identity: Identity | undefined;
  #isPresent = false;
  #isRegistered = false;
  /** Lets the next CONNECT of the client id go on. */
  #leaveTurn: (() => void) | undefined;
  readonly #client: EngineClient;
  readonly #enqueue: Enqueue;
  readonly #deps: EngineSessionDeps;
  readonly #subscriptions: SessionSubscriptions;
  #frame: Buffer | undefined;
  #publishing: Publishing | undefined;

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

  /** Undefined before it was admitted. */
  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** A PUBLISH at QoS 1 or 2 is under way, whose sender waits for an answer. */
  get isPublishing(): boolean {
    return this.#publishing !== undefined;
  }

  handle(frame: Buffer): void {
    const { connect } = this.edge;
    const type = packetTypeOf(frame);
    try {
      if (type === packetTypes.subscribe) this.#subscriptions.subscribe(frame);
      else if (type === packetTypes.unsubscribe) this.#subscriptions.unsubscribe(frame);
      else if (type === packetTypes.pubrel) this.#releaseInbound(packetIdOf(frame));
      else {
        this.#frame = frame;
        this.#publishing = publishingOf(frame, connect.version);
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
    if (this.#publishing === undefined) this.edge.send(batch);
    else this.#readAnswer(Buffer.concat(batch));
  }

  ended(): void {
    this.edge.ended();
  }

  /** The client is who it says. @param isPresent there is a session to go on with */
  admitted(identity: Identity, isPresent: boolean): void {
    this.#identity = identity;
    this.#isPresent = isPresent;
    this.#client._serverKeepAlive = 0; // the edge waits for silent clients
    this.#client._disconnected = true; // until it is accepted it leaves no will [MQTT-3.1.2-8]
    this.edge.identified(this.id);
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
    const { principal = '', trust } = this.#identity ?? {};
    const session = { clientId, principal, trust, expirySeconds };
    try {
      // not at once in any case: the engine's own work on CONNECT must have ended before
      await (isPersistent ? sessions.connected(session, !this.#isPresent) : sessions.keep(clientId));
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

  /** The message under way may not be published. */
  denied(refusal: Refusal): void {
    if (this.#publishing !== undefined) this.#publishing.denied = refusal;
  }

  /** To how many the message under way went. */
  routed(count: number): void {
    if (this.#publishing !== undefined) this.#publishing.count = (this.#publishing.count ?? 0) + count;
  }

  /**
   * Completes the PUBLISH under way: who sent it, before it is queued, for No Local [MQTT-3.8.3-3]; and its User
   * Properties in the order of the wire [MQTT-3.3.2-18].
   */
  complete(packet: EnginePacket): void {
    packet.clientId = this.id;
    if (packet.topic.startsWith('$'))
      rememberOrigin(packet, { kind: 'client', clientId: packet.clientId, peer: this.edge.peer });
    if (packet.properties?.userProperties === undefined || this.#frame === undefined || this.#client.version === null)
      return;
    const header = parsePublish(this.#frame, this.#client.version);
    if (isRefusal(header)) return;
    const { propertiesStart, payloadStart } = header;
    packet.properties.userPropertyList = readUserProperties(this.#frame, propertiesStart, payloadStart);
    delete packet.properties.userProperties;
  }

  /** PUBACK and PUBREC of the engine; it writes them whole. */
  #readAnswer(answer: Buffer): void {
    const type = packetTypeOf(answer);
    if (type !== packetTypes.puback && type !== packetTypes.pubrec) this.edge.send([answer]);
    else if (this.#publishing !== undefined) this.#publishing.reasonCode = reasonCodeOf(answer);
  }

  #guard(): void {
    const client = this.#client;
    client.duplicates = Object.create(null) as Record<string, number>;
    const close = client.close.bind(client);
    client.close = (done) => {
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
    const refused = error == null ? undefined : this.#publishing?.header;
    const isAnswered = this.#answerPublish(error);
    if (error != null && !isAnswered) this.#fail(error);
    else if (refused?.qos === 2) this.#forget(refused.packetId);
    else this.edge.handled();
  }

  #fail(error: unknown): void {
    this.edge.failed(messageOf(error));
    this.#client.conn.destroy();
    this.#client.close();
  }

  /** @returns whether the client was told what went wrong, so that its connection may live on. */
  #answerPublish(error: Error | null | undefined): boolean {
    const publishing = this.#publishing;
    if (publishing === undefined) return false;
    this.#publishing = undefined;
    const { header, count, denied } = publishing;
    const reasonCode = denied?.reasonCode ?? publishing.reasonCode;
    const qos = header.qos === 1 ? 1 : 2;
    if (error == null) {
      const isUnheard = count === 0 && reasonCode === reasonCodes.success;
      this.edge.acknowledge(
        qos,
        header.packetId,
        isUnheard ? reasonCodes.noMatchingSubscribers : reasonCode,
        denied?.message ?? '',
      );
    } else if (this.#client.version === 5) {
      const refused = refusedPublish(error);
      this.edge.acknowledge(qos, header.packetId, refused.reasonCode, refused.message);
      return true;
    }
    return false;
  }

  #releaseInbound(packetId: number): void {
    const session = { id: this.id };
    const answer = (reasonCode: number): void => {
      this.edge.send([encodeAcknowledgement('pubcomp', this.edge.connect.version, packetId, reasonCode)]);
      this.edge.handled();
    };
    releaseInbound(this.#deps, session, { messageId: packetId }, () => !this.#client.closed)
      .then((reasonCode) => (reasonCode === undefined ? undefined : answer(reasonCode)))
      .catch((cause: unknown) => this.#fail(cause));
  }

  /** After a PUBREC that refuses; the client's next packet waits for it, as it may have the same identifier. */
  #forget(messageId: number): void {
    forgetInbound(this.#deps, { id: this.id }, { messageId }, () => !this.#client.closed)
      .then(() => this.edge.handled())
      .catch((cause: unknown) => this.#fail(cause));
  }
}

/** Why a session cannot begin. [MQTT 5, 3.2.2.2] */
const refusalCode = (cause: unknown): number =>
  cause instanceof StoreError && cause.code === 'store-full'
    ? reasonCodes.quotaExceeded
    : reasonCodes.serverUnavailable;
