import { messageOf } from '../../kernel/errors.ts';
import { connackRefusal } from '../../mqtt/answer.ts';
import { qosOf } from '../../mqtt/fields.ts';
import { packetTypeOf, packetTypes } from '../../mqtt/packet-type.ts';
import { type PublishHeader, parsePublish } from '../../mqtt/publish.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { isRefusal, refuse } from '../../mqtt/refusal.ts';
import { matches, parseSharedFilter } from '../../mqtt/topic.ts';
import { readUserProperties } from '../../mqtt/user-properties.ts';
import type { Delivery, Subscription } from '../../plane/plane.ts';
import { refusedPublish } from '../edge/inbound.ts';
import type { EdgePort, EngineConnection } from '../engine-port.ts';
import { StoredMessage } from '../publish/stored-message.ts';
import { identifiersOf } from '../publish/stored-properties.ts';
import type { SessionStore } from '../session-store.ts';
import type { Sessions } from '../sessions.ts';
import { fromEngineFilter, renameFilters } from './engine-filter.ts';
import { type EngineSink, EngineStream } from './engine-stream.ts';
import type { Done, EngineClient, EngineListener, EnginePacket, EngineSubscription } from './engine-types.ts';

export interface EngineSessionDeps {
  readonly store: Pick<SessionStore, 'incomingDelPacket'>;
  /** Makes the engine's client for the stream. */
  readonly attach: (stream: EngineStream) => EngineClient;
  /** Tells which subscription a listener of the engine stands for. */
  readonly register: (listener: EngineListener, subscription: Subscription) => void;
}

/** A PUBLISH at QoS 1 or 2 that the engine works on. */
interface Publishing {
  readonly header: PublishHeader;
  /** To how many it went. */
  count: number;
  /** What the engine itself said of it; 0 for success. */
  reasonCode: number;
}

/**
 * One connection inside the engine: feeds it frame by frame. The engine's own CONNACK, PUBACK and PUBREC are swallowed:
 * it sends them before they are true, and without saying all they should.
 */
export class EngineSession implements EngineConnection, EngineSink {
  readonly edge: EdgePort;
  #principal = '';
  #isPresent = false;
  readonly #stream: EngineStream;
  readonly #client: EngineClient;
  readonly #deps: EngineSessionDeps;
  #frame: Buffer | undefined;
  #publishing: Publishing | undefined;
  /** What the engine wrote about CONNECT. */
  #connack: Uint8Array[] | undefined = [];
  #isConnectHandled = false;
  #skipsNext = false;

  constructor(edge: EdgePort, deps: EngineSessionDeps) {
    this.edge = edge;
    this.#deps = deps;
    this.#stream = new EngineStream(this);
    this.#client = deps.attach(this.#stream);
    this.#guard();
  }

  get client(): EngineClient {
    return this.#client;
  }

  handle(frame: Buffer): void {
    this.#frame = frame;
    this.#publishing = this.#publishingOf(frame);
    this.#stream.push(frame);
  }

  drained(): void {
    this.#stream.drained();
  }

  closed(): void {
    if (!this.#stream.destroyed) this.#stream.destroy();
    this.#client.close(); // the engine hears of the stream's end only some turns later
  }

  send(batch: readonly Uint8Array[]): void {
    if (this.#connack !== undefined) this.#connack.push(...batch);
    else if (this.#publishing === undefined) this.edge.send(batch);
    else this.#readAnswer(Buffer.concat(batch));
  }

  isCongested(): boolean {
    return this.edge.isCongested();
  }

  ended(): void {
    if (this.#connack !== undefined) this.edge.send(this.#connack);
    this.edge.ended();
  }

  get principal(): string {
    return this.#principal;
  }

  /** The client is who it says. @param isPresent there is a session to go on with */
  admitted(principal: string, isPresent: boolean): void {
    this.#principal = principal;
    this.#isPresent = isPresent;
    this.#client._serverKeepAlive = 0; // the edge waits for silent clients
    this.edge.identified(this.#client.id ?? '');
  }

  /** Notes that there is a session, then tells the client. [MQTT-3.2.2-2] */
  async store(sessions: Sessions): Promise<void> {
    const { id, clean, sessionExpiryInterval: expirySeconds } = this.#client;
    const clientId = id ?? '';
    const session = { clientId, principal: this.#principal, expirySeconds };
    try {
      if (clean) sessions.keep(clientId);
      else await sessions.connected(session);
    } catch (cause) {
      this.#refuseConnect(`the session could not be stored: ${messageOf(cause)}`);
      return;
    }
    if (this.#client.closed) return;
    this.#connack = undefined;
    this.edge.accepted({ ...session, isPersistent: !clean, isPresent: this.#isPresent });
    if (this.#isConnectHandled) this.edge.handled();
  }

  #refuseConnect(message: string): void {
    const refused = refuse(reasonCodes.serverUnavailable, '3.2.2.2', message);
    const answer = connackRefusal(this.#client.version ?? 4, refused);
    this.#connack = answer === undefined ? [] : [answer];
    this.edge.failed(message);
    this.#stream.destroy();
  }

  /** The engine is ready for more, and reports CONNECT as handled a second time. */
  ready(): void {
    this.#skipsNext = true;
  }

  /** To how many the message under way went. */
  routed(count: number): void {
    if (this.#publishing !== undefined) this.#publishing.count += count;
  }

  /**
   * Completes the PUBLISH under way: who sent it, before it is queued, for No Local [MQTT-3.8.3-3]; and its User
   * Properties in the order of the wire [MQTT-3.3.2-18].
   */
  complete(packet: EnginePacket): void {
    packet.clientId = this.#client.id ?? '';
    if (packet.properties?.userProperties === undefined || this.#frame === undefined || this.#client.version === null)
      return;
    const header = parsePublish(this.#frame, this.#client.version);
    if (isRefusal(header)) return;
    const { propertiesStart, payloadStart } = header;
    packet.properties.userPropertyList = readUserProperties(this.#frame, propertiesStart, payloadStart);
    delete packet.properties.userProperties;
  }

  #publishingOf(frame: Buffer): Publishing | undefined {
    if (packetTypeOf(frame) !== packetTypes.publish) return undefined;
    const header = parsePublish(frame, this.#client.version ?? 4);
    return isRefusal(header) || header.qos === 0 ? undefined : { header, count: 0, reasonCode: reasonCodes.success };
  }

  /** PUBACK and PUBREC of the engine; it writes them whole. */
  #readAnswer(answer: Buffer): void {
    const type = packetTypeOf(answer);
    if (type !== packetTypes.puback && type !== packetTypes.pubrec) this.edge.send([answer]);
    else if (this.#publishing !== undefined) this.#publishing.reasonCode = answer[4] ?? reasonCodes.success;
  }

  #guard(): void {
    const client = this.#client;
    client.duplicates = Object.create(null) as Record<string, number>;
    client.subscriptions = this.#watchSubscriptions();
    client.deliverQoS = (packet, done) => this.#deliverRetained(packet, done);
    client._parser.prependListener('packet', renameFilters);
    if (client._connectTimer !== null) clearTimeout(client._connectTimer); // the edge has its own
    const nextBatch = client._nextBatch;
    client._nextBatch = (error) => {
      const isAnswered = this.#answerPublish(error);
      nextBatch(isAnswered ? undefined : error);
      if (this.#skipsNext) this.#skipsNext = false;
      else this.#handled();
    };
  }

  /** @returns whether the client was told what went wrong, so that its connection may live on. */
  #answerPublish(error: Error | null | undefined): boolean {
    const publishing = this.#publishing;
    if (publishing === undefined) return false;
    this.#publishing = undefined;
    const { header, count, reasonCode } = publishing;
    const qos = header.qos === 1 ? 1 : 2;
    if (error == null) {
      const isUnheard = count === 0 && reasonCode === reasonCodes.success;
      this.edge.acknowledge(qos, header.packetId, isUnheard ? reasonCodes.noMatchingSubscribers : reasonCode, '');
    } else if (this.#client.version === 5) {
      const refused = refusedPublish(error);
      if (qos === 2) this.#forget(header.packetId);
      this.edge.acknowledge(qos, header.packetId, refused.reasonCode, refused.message);
      return true;
    }
    return false;
  }

  /** PUBREC with a failure ends the exchange. [MQTT-4.3.3-9] */
  #forget(packetId: number): void {
    this.#deps.store
      .incomingDelPacket({ id: this.#client.id ?? '' }, { messageId: packetId })
      .catch((cause: unknown) => this.edge.failed(messageOf(cause)));
  }

  #handled(): void {
    if (this.#frame === undefined) return;
    this.#frame = undefined;
    if (this.#connack === undefined) this.edge.handled();
    else this.#isConnectHandled = true; // nothing may come before CONNACK
  }

  /** The engine registers its listeners without saying for whom; this table tells the plane. */
  #watchSubscriptions(): Record<string, EngineSubscription> {
    const table = Object.create(null) as Record<string, EngineSubscription>;
    return new Proxy(table, {
      set: (target, engineFilter, subscription: EngineSubscription) => {
        if (typeof engineFilter !== 'string') return false;
        target[engineFilter] = subscription;
        const { qos, nl, rap, si } = subscription;
        this.#deps.register(subscription.func, {
          filter: fromEngineFilter(engineFilter),
          subscriber: this.edge.subscriber,
          qos,
          noLocal: nl === true,
          retainAsPublished: rap === true,
          identifier: si,
        });
        return true;
      },
    });
  }

  /** Retained messages of a new subscription, never above the QoS granted [MQTT-3.8.4-8], each when there is room. */
  #deliverRetained(packet: EnginePacket, done: Done): void {
    const granted = Object.entries(this.#client.subscriptions)
      .filter(([filter]) => parseSharedFilter(fromEngineFilter(filter)) === undefined && matches(filter, packet.topic))
      .reduce((highest, [, { qos }]) => Math.max(highest, qos), 0);
    const delivery: Delivery = {
      qos: qosOf(Math.min(granted, packet.qos)) ?? 0,
      retain: true,
      identifiers: identifiersOf(packet.properties),
    };
    this.edge.subscriber.deliver(new StoredMessage(packet, { kind: 'broker' }), delivery);
    this.edge.whenRoom(() => done());
  }
}
