import { AppError, type ErrorCode, messageOf } from '../../kernel/errors.ts';
import type { ConnectPacket } from '../../mqtt/connect.ts';
import { parseDisconnect } from '../../mqtt/disconnect.ts';
import { encodeAcknowledgement } from '../../mqtt/encode-acknowledgement.ts';
import { headerLength } from '../../mqtt/frame.ts';
import { packetTypeOf, packetTypes } from '../../mqtt/packet-type.ts';
import { type PublishHeader, packetIdOf, parsePublish } from '../../mqtt/publish.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { isRefusal, protocolError, type Refusal } from '../../mqtt/refusal.ts';
import { resolveAlias } from '../../mqtt/rewrite-publish.ts';
import { InboundAliases } from '../../mqtt/topic-aliases.ts';
import { TopicMemo } from '../../mqtt/topic-memo.ts';
import { validatePacket } from '../../mqtt/validate.ts';
import type { Deliveries } from '../delivery/deliveries.ts';
import type { HotPath, Publisher } from '../publish/hot-path.ts';
import { isBeyondLimits } from '../reserved-topics.ts';
import type { LimitsOptions } from '../schema.ts';
import { AcknowledgementQueue } from './acknowledgement-queue.ts';
import type { Egress } from './egress.ts';
import { Handover, type HandoverHost } from './handover.ts';
import { InboundFlow } from './inbound-flow.ts';

/** The connection that packets come from. */
export interface InboundHost extends HandoverHost {
  readonly connect: ConnectPacket;
  readonly limits: LimitsOptions;
  readonly deliveries: Deliveries;
  readonly egress: Egress;
  /** It sent a PUBLISH: where memory is full it waits after it. */
  published(): void;
  /** The client said good-bye: nothing that comes after it counts. [MQTT-3.14.4-1] [MQTT-3.14.4-2] */
  leaving(): void;
}

/**
 * What one more delivery of a message costs, in units of `Turn`: a frame is put into a batch. That the batch has to be
 * sent costs far more, and is shared by all messages of the turn, so the fewer turns a fan-out takes the cheaper it is.
 */
const deliveryUnits = 1 / 32;

const pingresp = Buffer.from([packetTypes.pingresp << 4, 0]);

/** What one client sends after its CONNECT: answered here, routed, or handed to the engine; in order. */
export class Inbound {
  readonly #host: InboundHost;
  readonly #handover: Handover;
  readonly #acknowledgements: AcknowledgementQueue;
  /** Undefined before MQTT 5, which knows no Receive Maximum: there packet identifiers are the bound. */
  readonly #flow: InboundFlow | undefined;
  #aliases: InboundAliases | undefined;
  /** Once it was accepted. */
  #publisher: Publisher | undefined;
  /** Made with its first PUBLISH. */
  #topics: TopicMemo | undefined;
  #hotPath: HotPath | undefined;
  #isPaused = false;
  /** The DISCONNECT of the client, while it waits. */
  #goodbye: Buffer | undefined;

  constructor(host: InboundHost) {
    this.#host = host;
    this.#handover = new Handover(host, host.limits.inboundBuffer);
    this.#acknowledgements = new AcknowledgementQueue(host.egress);
    if (host.connect.version === 5) this.#flow = new InboundFlow(host.limits.receiveMaximum);
  }

  /** The client was accepted. */
  open(clientId: string, hotPath: HotPath): void {
    this.#publisher = { origin: { kind: 'client', clientId }, queued: undefined, routed: undefined };
    this.#hotPath = hotPath;
  }

  close(): void {
    this.#handover.close();
  }

  /** Something came that is not handled yet, behind what the engine works on. */
  get isWaiting(): boolean {
    return this.#handover.isWaiting;
  }

  /** Nothing more comes: calls back when everything that came was handled, and routed. */
  whenHandled(done: () => void): void {
    this.#handover.whenIdle(() => {
      const routed = this.#publisher?.routed;
      if (routed === undefined) done();
      else void routed.finally(done);
    });
  }

  /** What waits is dropped; but a good-bye still counts. */
  giveUp(): void {
    this.#handover.close();
    if (this.#goodbye !== undefined) this.#host.hand(this.#goodbye);
  }

  /** Hands a packet to the engine when its turn comes. */
  pass(frame: Buffer): void {
    this.#handover.push(frame);
  }

  /** The engine is through with the packet that it had. */
  handled(): void {
    this.#handover.handled();
  }

  /** There is time for packets that wait for the engine. */
  goOn(): void {
    this.#handover.goOn();
  }

  /** @returns why the connection must end */
  receive(frame: Buffer): Refusal | undefined {
    const { version } = this.#host.connect;
    const type = packetTypeOf(frame);
    if (type === packetTypes.publish) return this.#receivePublish(frame);
    const refusal = validatePacket(frame, version);
    if (refusal !== undefined) return refusal;
    const { deliveries, egress } = this.#host;
    switch (type) {
      case packetTypes.puback:
        return deliveries.acknowledged(packetIdOf(frame));
      case packetTypes.pubrec:
        return deliveries.received(packetIdOf(frame), (frame[headerLength(frame) + 2] ?? 0) >= 0x80);
      case packetTypes.pubcomp:
        return deliveries.completed(packetIdOf(frame));
      case packetTypes.pubrel:
        this.#flow?.released(packetIdOf(frame));
        break;
      case packetTypes.pingreq:
        if (this.#publisher === undefined) break; // CONNACK comes first
        egress.write(pingresp);
        return undefined;
      case packetTypes.disconnect: {
        const fault = this.#expiryFault(frame);
        if (fault !== undefined) return fault;
        this.#goodbye = frame;
        this.#host.leaving();
        break;
      }
      default:
    }
    this.pass(frame);
    return undefined;
  }

  /** Sends PUBACK or PUBREC. @param reason a sentence for the client */
  acknowledge(qos: 1 | 2, packetId: number, reasonCode: number, reason: string): void {
    if (qos === 1) this.#flow?.acknowledged();
    else if (reasonCode >= 0x80) this.#flow?.released(packetId);
    this.#acknowledgements.push(this.#encode(qos, packetId, reasonCode, reason));
  }

  #encode(qos: 1 | 2, packetId: number, reasonCode: number, reason: string): Buffer {
    const { version, wantsProblemInformation, maximumPacketSize } = this.#host.connect;
    const text = wantsProblemInformation ? reason : '';
    return encodeAcknowledgement(
      qos === 1 ? 'puback' : 'pubrec',
      version,
      packetId,
      reasonCode,
      text,
      maximumPacketSize,
    );
  }

  #receivePublish(received: Buffer): Refusal | undefined {
    const { limits, connect } = this.#host;
    const { version } = connect;
    this.#host.published();
    let frame = received;
    this.#topics ??= new TopicMemo();
    let header = parsePublish(frame, version, this.#topics);
    if (header.kind === 'refusal') return header;
    if (header.topicAlias !== undefined) {
      this.#aliases ??= new InboundAliases(limits.topicAliases, limits.topicLength);
      const topic = this.#aliases.resolve(header);
      if (isRefusal(topic)) return topic;
      ({ frame, header } = resolveAlias(frame, header, topic));
    }
    if (header.qos === 2) {
      this.#flow?.openedQos2(header.packetId);
      this.pass(frame);
      return this.#flow?.fault();
    }
    if (isBeyondLimits(header.topic, limits)) return this.#passPublish(frame, header); // to be refused in its turn
    if (this.#publisher !== undefined && this.#hotPath !== undefined && this.#handover.isIdle)
      return this.#take(frame, header, this.#hotPath, this.#publisher);
    return this.#passPublish(frame, header);
  }

  #take(frame: Buffer, header: PublishHeader, hotPath: HotPath, publisher: Publisher): Refusal | undefined {
    const outcome = hotPath.take(frame, header, this.#host.connect.version, publisher);
    if (outcome === undefined) return this.#passPublish(frame, header);
    if (typeof outcome === 'number' && outcome > 1) this.#host.intake.spend(outcome * deliveryUnits);
    if (header.qos === 0) return undefined;
    if (typeof outcome === 'number') {
      this.#acknowledgements.push(this.#encode(1, header.packetId, codeFor(outcome), ''));
      return undefined;
    }
    return this.#acknowledgeLate(header.packetId, outcome, publisher);
  }

  #passPublish(frame: Buffer, { qos }: PublishHeader): Refusal | undefined {
    if (qos === 1) this.#flow?.openedQos1();
    this.pass(frame);
    return this.#flow?.fault();
  }

  /** PUBACK is a promise: it waits until the message is safe. */
  #acknowledgeLate(packetId: number, stored: Promise<number>, publisher: Publisher): Refusal | undefined {
    const acknowledge = this.#acknowledgements.reserve();
    this.#flow?.openedQos1();
    const answered = (frame: Buffer): void => {
      this.#flow?.acknowledged();
      acknowledge(frame);
      this.#catchUp();
    };
    const through = stored.then(
      (count) => answered(this.#encode(1, packetId, codeFor(count), '')),
      (cause: unknown) => {
        const { reasonCode, message } = refusedPublish(cause);
        if (this.#host.connect.version === 5) answered(this.#encode(1, packetId, reasonCode, message));
        else this.#host.egress.fail(`its message could not be kept: ${message}`); // PUBACK cannot say no before MQTT 5
      },
    );
    const routed: Promise<void> = through.finally(() => {
      if (publisher.routed === routed) publisher.routed = undefined;
    });
    publisher.routed = routed;
    if (this.#flow !== undefined) return this.#flow.fault();
    if (!this.#isPaused && this.#acknowledgements.length > this.#host.limits.receiveMaximum) {
      this.#isPaused = true;
      this.#host.intake.pause();
    }
    return undefined;
  }

  #catchUp(): void {
    if (!this.#isPaused || this.#acknowledgements.length * 2 > this.#host.limits.receiveMaximum) return;
    this.#isPaused = false;
    this.#host.intake.resume();
  }

  /** A session that was to end with its connection cannot be made to outlive it at the last moment. */
  #expiryFault(frame: Buffer): Refusal | undefined {
    const { version, sessionExpirySeconds } = this.#host.connect;
    const disconnect = parseDisconnect(frame, version);
    if (isRefusal(disconnect)) return disconnect;
    if (sessionExpirySeconds > 0 || (disconnect.sessionExpirySeconds ?? 0) === 0) return undefined;
    return protocolError('MQTT-3.14.2-2', 'DISCONNECT has a Session Expiry Interval above 0, and CONNECT had none');
  }
}

const codeFor = (count: number): number => (count === 0 ? reasonCodes.noMatchingSubscribers : reasonCodes.success);

const quotaCodes: ReadonlySet<ErrorCode> = new Set(['store-full', 'store-unavailable', 'nats-unacknowledged']);

const finalCodes: ReadonlyMap<ErrorCode, number> = new Map([
  ['nats-subject-too-long', reasonCodes.topicNameInvalid],
  ['nats-forbidden', reasonCodes.notAuthorized],
]);

/** What a client is told of a message that could not be kept. [MQTT 5, Table 3-4] */
export function refusedPublish(cause: unknown): { reasonCode: number; message: string } {
  const code = cause instanceof AppError ? cause.code : undefined;
  const final = code === undefined ? undefined : finalCodes.get(code);
  const isQuota = code !== undefined && quotaCodes.has(code);
  const reasonCode = final ?? (isQuota ? reasonCodes.quotaExceeded : reasonCodes.implementationSpecificError);
  return { reasonCode, message: messageOf(cause) };
}
