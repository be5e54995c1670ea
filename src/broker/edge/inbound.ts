import type { ConnectPacket } from '../../mqtt/connect.ts';
import { parseDisconnect } from '../../mqtt/disconnect.ts';
import { headerLength } from '../../mqtt/frame.ts';
import { packetTypeOf, packetTypes } from '../../mqtt/packet-type.ts';
import { packetIdOf, parsePublish } from '../../mqtt/publish.ts';
import { isRefusal, protocolError, type Refusal } from '../../mqtt/refusal.ts';
import { resolveAlias } from '../../mqtt/rewrite-publish.ts';
import { InboundAliases } from '../../mqtt/topic-aliases.ts';
import { TopicMemo } from '../../mqtt/topic-memo.ts';
import { exchangeByteFault, validatePacket } from '../../mqtt/validate.ts';
import type { Deliveries } from '../delivery/deliveries.ts';
import { publishFault, subscribeFault } from '../offer-faults.ts';
import type { AuthorizedClient, Peer } from '../ports.ts';
import type { LimitsOptions } from '../schema.ts';
import type { EnhancedAuthentication } from './enhanced-authentication.ts';
import { Handover, type HandoverHost } from './handover.ts';
import { InboundPublish, type InboundPublishDeps, type InboundPublishHost, type Through } from './inbound-publish.ts';
import type { Intake } from './intake.ts';

/** The connection that packets come from. */
export interface InboundHost extends HandoverHost, InboundPublishHost {
  readonly connect: ConnectPacket;
  readonly peer: Pick<Peer, 'offers'>;
  readonly limits: LimitsOptions;
  readonly intake: HandoverHost['intake'] & InboundPublishHost['intake'] & Pick<Intake, 'waitForMemory'>;
  readonly deliveries: Deliveries;
  /** Where CONNECT has an Authentication Method. */
  readonly authentication: EnhancedAuthentication | undefined;
  /** The client said good-bye: nothing that comes after it counts. [MQTT-3.14.4-1] [MQTT-3.14.4-2] */
  leaving(): void;
}

/** What a packet costs in the engine at least, in units of `Turn`. */
const engineUnits = 8;
/** What a message costs that waited. */
const publishUnits = 1;

const pingresp = Buffer.from([packetTypes.pingresp << 4, 0]);

/** What one client sends after its CONNECT: answered here, published, or handed to the engine; in order. */
export class Inbound {
  readonly #host: InboundHost;
  readonly #handover: Handover;
  readonly #publish: InboundPublish;
  #aliases: InboundAliases | undefined;
  /** Made with its first PUBLISH. */
  #topics: TopicMemo | undefined;
  #isAccepted = false;
  #isClosed = false;
  /** The DISCONNECT of the client, while it waits. */
  #goodbye: Buffer | undefined;

  constructor(host: InboundHost, deps: InboundPublishDeps) {
    this.#host = host;
    const { intake, holding, limits } = host;
    // little is kept for a client that is not known yet
    const maxWaitingBytes = Math.min(limits.connectPacketSize, limits.inboundBuffer);
    this.#handover = new Handover({ hand: (frame) => this.#hand(frame), intake, holding }, maxWaitingBytes);
    this.#publish = new InboundPublish(host, deps);
  }

  /** The client is who it says; before it is accepted, and when it has proved itself once more. */
  identify(client: AuthorizedClient): void {
    this.#publish.identify(client);
  }

  /** The client was accepted. */
  open(isPersistent: boolean): void {
    this.#publish.open(isPersistent);
    this.#handover.allow(this.#host.limits.inboundBuffer);
    this.#isAccepted = true;
  }

  close(): void {
    this.#isClosed = true;
    this.#handover.close();
    this.#publish.close();
  }

  /** Something came that is not handled yet, behind what is worked on. */
  get isWaiting(): boolean {
    return this.#handover.isWaiting;
  }

  /** Nothing more comes: calls back when everything that came was handled, and routed. */
  whenHandled(done: () => void): void {
    this.#handover.whenIdle(() => {
      const { routed } = this.#publish;
      if (routed === undefined) done();
      else void routed.finally(done);
    });
  }

  /** What waits is dropped; but a good-bye still counts. */
  giveUp(): void {
    this.close();
    if (this.#goodbye !== undefined) this.#host.hand(this.#goodbye);
  }

  /** Hands a packet over when its turn comes. */
  pass(frame: Buffer): void {
    this.#handover.push(frame);
  }

  /** The engine is through with the packet that it had. */
  handled(): void {
    this.#handover.handled();
  }

  /** There is time for packets that wait. */
  goOn(): void {
    this.#handover.goOn();
  }

  /** @returns why the connection must end */
  receive(frame: Buffer): Refusal | undefined {
    const type = packetTypeOf(frame);
    if (type === packetTypes.publish) return this.#receivePublish(frame);
    const { authentication } = this.#host;
    if (authentication !== undefined && (type === packetTypes.auth || !this.#isAccepted))
      return this.#receiveExchange(frame, authentication);
    const { version } = this.#host.connect;
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
        this.#publish.released(packetIdOf(frame));
        break;
      case packetTypes.pingreq:
        if (!this.#isAccepted) break; // CONNACK comes first
        egress.write(pingresp);
        return undefined;
      case packetTypes.subscribe: {
        const { offers } = this.#host.peer;
        const fault = version === 5 && offers ? subscribeFault(frame, offers) : undefined;
        if (fault !== undefined) return fault;
        break;
      }
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

  /** Of a client that named an Authentication Method: AUTH at any time, and what else comes before CONNACK. */
  #receiveExchange(frame: Buffer, authentication: EnhancedAuthentication): Refusal | undefined {
    this.#host.intake.spend(engineUnits);
    const fault = this.#isAccepted ? undefined : exchangeByteFault(frame[0] ?? 0);
    if (fault !== undefined) return fault;
    if (packetTypeOf(frame) === packetTypes.auth) return authentication.receive(frame);
    const refusal = validatePacket(frame, this.#host.connect.version);
    if (refusal === undefined) this.#host.dismiss('it sent DISCONNECT before it was known who it is');
    return refusal;
  }

  #receivePublish(received: Buffer): Refusal | undefined {
    const { limits, connect, intake } = this.#host;
    const { version } = connect;
    intake.waitForMemory(); // where it is full, no more is taken after this one
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
    const { offers } = this.#host.peer;
    const fault = (offers && publishFault(header, offers)) ?? this.#publish.count(header, frame.length);
    if (fault !== undefined) return fault;
    if (this.#isAccepted && this.#handover.isIdle) this.#after(this.#publish.take(frame, header));
    else if (!this.#isAccepted && this.#host.authentication !== undefined) return exchangeByteFault(frame[0] ?? 0);
    else this.pass(frame);
    return undefined;
  }

  /** A packet whose turn has come. */
  #hand(frame: Buffer): void {
    const { connect, egress } = this.#host;
    switch (packetTypeOf(frame)) {
      case packetTypes.publish: {
        const header = parsePublish(frame, connect.version, this.#topics);
        this.#host.intake.spend(publishUnits);
        if (!isRefusal(header)) this.#handled(this.#publish.take(frame, header)); // it was checked when it came
        break;
      }
      case packetTypes.pubrel:
        this.#handled(this.#publish.release(packetIdOf(frame)));
        break;
      case packetTypes.pingreq:
        egress.write(pingresp);
        this.handled();
        break;
      case packetTypes.disconnect:
        this.#handToEngine(frame, this.#publish.routed); // [MQTT-3.14.4-3]
        break;
      default:
        this.#handToEngine(frame, this.#publish.unacknowledged); // or a SUBSCRIBE would see what was sent before
    }
  }

  #handToEngine(frame: Buffer, before: Promise<unknown> | undefined): void {
    this.#host.intake.spend(engineUnits);
    if (before === undefined) this.#host.hand(frame);
    else void before.then(() => (this.#isClosed ? undefined : this.#host.hand(frame)));
  }

  #handled(through: Through): void {
    if (through === undefined) this.handled();
    else void through.then(() => this.handled());
  }

  /** What was taken at once keeps those behind it waiting. */
  #after(through: Through): void {
    if (through === undefined) return;
    this.#handover.begin();
    this.#handled(through);
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
