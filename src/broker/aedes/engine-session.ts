import { messageOf } from '../../kernel/errors.ts';
import { encodePublish } from '../../mqtt/encode-publish.ts';
import { qosOf } from '../../mqtt/fields.ts';
import { packetIdOf, parsePublish } from '../../mqtt/publish.ts';
import { isRefusal } from '../../mqtt/refusal.ts';
import { matches } from '../../mqtt/topic.ts';
import { readUserProperties } from '../../mqtt/user-properties.ts';
import type { Message, Qos } from '../../plane/message.ts';
import type { Delivery, Subscriber, Subscription } from '../../plane/plane.ts';
import { DeliveryWindow } from '../delivery-window.ts';
import type { EdgePort, EngineConnection } from '../engine-port.ts';
import { RawPublish } from '../raw-publish.ts';
import type { SessionStore } from '../session-store.ts';
import { EngineStream } from './engine-stream.ts';
import type { Done, EngineClient, EngineListener, EnginePacket, EngineSubscription } from './engine-types.ts';
import { PacketMessage } from './packet-message.ts';
import { keepUserProperties } from './properties.ts';

/** A message that may have to wait for its client. */
interface Outgoing {
  readonly message: Message;
  readonly delivery: Delivery;
  readonly bytes: number;
}

/** What a message occupies while it waits, roughly: its bytes and the objects around them. */
const bytesOf = ({ topic, payload }: Message): number => payload.length + topic.length + 256;

const waiting = (message: Message, delivery: Delivery): Outgoing => ({
  message: message instanceof RawPublish ? message.detached() : message,
  delivery,
  bytes: bytesOf(message),
});

export interface EngineSessionDeps {
  readonly store: SessionStore;
  /** Bytes that may wait for a client that does not read. */
  readonly maxWaitingBytes: number;
  /** Makes the engine's client for the stream. */
  readonly attach: (stream: EngineStream) => EngineClient;
  /** Tells which subscription a listener of the engine stands for. */
  readonly register: (listener: EngineListener, subscription: Subscription) => void;
}

/** One connection inside the engine: feeds it frame by frame, and delivers to its client what the plane routes. */
export class EngineSession implements EngineConnection, Subscriber {
  readonly edge: EdgePort;
  /** Who the client is, once it is authenticated. */
  principal = '';
  readonly #stream: EngineStream;
  readonly #client: EngineClient;
  readonly #deps: EngineSessionDeps;
  #frame: Buffer | undefined;
  #skipsNext = false;
  /** What came while the offline queue was on its way. */
  #held: Outgoing[] | undefined = [];
  #heldBytes = 0;
  #window: DeliveryWindow<Outgoing> | undefined;
  #waitingForRoom: Done | undefined;

  constructor(edge: EdgePort, deps: EngineSessionDeps) {
    this.edge = edge;
    this.#deps = deps;
    this.#stream = new EngineStream(edge);
    this.#client = deps.attach(this.#stream);
    this.#guard();
  }

  get clientId(): string | undefined {
    return this.#client.id ?? undefined;
  }

  get client(): EngineClient {
    return this.#client;
  }

  handle(frame: Buffer): void {
    this.#frame = frame;
    this.#stream.push(frame);
  }

  drained(): void {
    this.#stream.drained();
    const done = this.#waitingForRoom;
    this.#waitingForRoom = undefined;
    done?.();
  }

  closed(): void {
    if (!this.#stream.destroyed) this.#stream.destroy();
    this.#client.close(); // the engine hears of the stream's end only some turns later
  }

  /** CONNACK was written. */
  accepted(): void {
    this.edge.accepted(this.#client.id ?? '', this.principal);
  }

  /** The engine has sent the offline queue: what was held back goes out, in order. */
  ready(): void {
    this.#skipsNext = true; // the engine reports the CONNECT as handled once more
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { message, delivery } of held) this.deliver(message, delivery);
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
    keepUserProperties(
      packet.properties,
      readUserProperties(this.#frame, header.propertiesStart, header.propertiesEnd),
    );
  }

  deliver(message: Message, delivery: Delivery): void {
    if (this.#client.closed || this.#client.version === null) return;
    if (this.#held !== undefined) this.#hold(message, delivery);
    else if (delivery.qos === 0) this.#write(this.#encode(message, delivery, 0), 0);
    else if (this.#client.clean) this.#pushToWindow(message, delivery);
    else this.#writeTracked(message, delivery);
  }

  acknowledged(packetId: number): boolean {
    return this.#window?.release(packetId) ?? false;
  }

  touch(): void {
    this.#client._keepaliveTimer?.refresh();
  }

  #pushToWindow(message: Message, delivery: Delivery): void {
    this.#window ??= new DeliveryWindow({
      size: this.edge.receiveMaximum,
      maxWaitingBytes: this.#deps.maxWaitingBytes,
      send: (item, packetId) => this.#write(this.#encode(item.message, item.delivery, packetId), item.delivery.qos),
    });
    const isAccepted = this.#window.push(
      this.#window.isFull ? waiting(message, delivery) : { message, delivery, bytes: 0 },
    );
    if (!isAccepted) this.#fail(`it does not acknowledge: ${this.#tooMuchWaits()}`);
  }

  #tooMuchWaits(): string {
    return `more than limits.outboundBuffer (${this.#deps.maxWaitingBytes} bytes) wait for it`;
  }

  #encode(message: Message, { qos, retain, identifiers }: Delivery, packetId: number): Buffer {
    const version = this.#client.version ?? 4;
    if (message instanceof RawPublish && identifiers.length === 0) {
      const frame = message.frameFor(version, qos, packetId);
      if (frame !== undefined) return frame;
    }
    const { topic, payload } = message;
    const properties = version === 5 ? message.properties : undefined;
    return encodePublish(version, { topic, payload, qos, retain, dup: false, packetId, properties, identifiers });
  }

  /** Live messages wait for nobody, except for what the engine has still to send before. */
  #write(frame: Buffer, qos: Qos): void {
    const { maximumPacketSize } = this.edge;
    if (maximumPacketSize !== undefined && frame.length > maximumPacketSize) {
      this.#dropOversized(frame, qos);
      return;
    }
    if (this.#stream.writableLength === 0) {
      this.edge.deliver(frame, qos);
      return;
    }
    this.#stream.write(frame);
    if (this.#stream.writableLength > this.#deps.maxWaitingBytes)
      this.#fail(`it does not read: ${this.#tooMuchWaits()}`);
  }

  /** As if the client had taken and acknowledged it. [MQTT-3.1.2-25] */
  #dropOversized(frame: Buffer, qos: Qos): void {
    if (qos === 0) return;
    const packetId = packetIdOf(frame);
    if (this.#window?.release(packetId) === true) return;
    this.#deps.store
      .outgoingClearMessageId({ id: this.#client.id ?? '' }, { messageId: packetId })
      .catch(() => undefined);
  }

  /** A persistent session keeps the message until it is acknowledged; the store learns its packet identifier first. */
  #writeTracked(message: Message, delivery: Delivery): void {
    const packetId = this.#nextPacketId();
    const frame = this.#encode(message, delivery, packetId);
    if (!(message instanceof PacketMessage)) {
      this.#write(frame, delivery.qos); // the session unsubscribed meanwhile, so nothing is stored for it
      return;
    }
    const { topic, payload, queueKey } = message;
    const tracked = { cmd: 'publish' as const, topic, payload, qos: delivery.qos, retain: false, messageId: packetId };
    this.#deps.store.outgoingUpdate({ id: this.#client.id ?? '' }, { ...tracked, ...queueKey }).then(
      () => this.#write(frame, delivery.qos),
      (cause: unknown) => this.#fail(`the session store failed: ${messageOf(cause)}`),
    );
  }

  /** Before CONNACK nothing may be sent, and while the offline queue drains nothing may overtake it. [MQTT-4.6.0-6] */
  #hold(message: Message, delivery: Delivery): void {
    const isQueued = delivery.qos > 0 && !this.#client.clean;
    if (!this.#client.connackSent && isQueued) return; // it stands in the offline queue, which is sent after CONNACK
    const item = waiting(message, delivery);
    if (this.#heldBytes + item.bytes <= this.#deps.maxWaitingBytes) {
      this.#heldBytes += item.bytes;
      this.#held?.push(item);
    } else if (isQueued) this.#fail(`its offline queue is not sent yet: ${this.#tooMuchWaits()}`);
  }

  #fail(reason: string): void {
    this.edge.failed(reason);
    this.#stream.destroy();
  }

  #nextPacketId(): number {
    const id = this.#client._nextId;
    this.#client._nextId = id >= 65_535 ? 1 : id + 1;
    return id;
  }

  #guard(): void {
    const client = this.#client;
    client.duplicates = Object.create(null) as Record<string, number>;
    client.subscriptions = this.#watchSubscriptions();
    client.deliverQoS = (packet, done) => this.#deliverRetained(packet, done);
    if (client._connectTimer !== null) clearTimeout(client._connectTimer); // the edge has its own
    const nextBatch = client._nextBatch;
    client._nextBatch = (error) => {
      nextBatch(error);
      if (this.#skipsNext) this.#skipsNext = false;
      else this.#handled();
    };
  }

  #handled(): void {
    if (this.#frame === undefined) return;
    this.#frame = undefined;
    this.edge.handled();
  }

  /** The engine registers its listeners without saying for whom; this table tells the plane. */
  #watchSubscriptions(): Record<string, EngineSubscription> {
    const table = Object.create(null) as Record<string, EngineSubscription>;
    return new Proxy(table, {
      set: (target, filter, subscription: EngineSubscription) => {
        if (typeof filter !== 'string') return false;
        target[filter] = subscription;
        const { qos, nl, rap, si } = subscription;
        this.#deps.register(subscription.func, {
          filter,
          subscriber: this,
          qos,
          noLocal: nl === true,
          retainAsPublished: rap === true,
          identifier: si,
        });
        return true;
      },
    });
  }

  /** Retained messages of a new subscription, never above the QoS granted. [MQTT-3.8.4-8] */
  #deliverRetained(packet: EnginePacket, done: Done): void {
    const granted = Object.entries(this.#client.subscriptions)
      .filter(([filter]) => matches(filter, packet.topic))
      .reduce((highest, [, { qos }]) => Math.max(highest, qos), 0);
    const identifier = packet.properties?.subscriptionIdentifier;
    const delivery: Delivery = {
      qos: qosOf(Math.min(granted, packet.qos)) ?? 0,
      retain: true,
      identifiers: typeof identifier === 'number' ? [identifier] : [],
    };
    this.deliver(new PacketMessage(packet, { kind: 'broker' }), delivery);
    this.#whenRoom(done);
  }

  /** Retained messages can be many: the next comes when the client has room for it. */
  #whenRoom(done: Done): void {
    if (!this.edge.isCongested() || this.#client.closed) process.nextTick(done);
    else this.#waitingForRoom = done;
  }
}
