import { messageOf } from '../../kernel/errors.ts';
import type { ConnectPacket } from '../../mqtt/connect.ts';
import type { PublishHeader } from '../../mqtt/publish.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { Refusal } from '../../mqtt/refusal.ts';
import type { AuthorizedClient, Authorizer } from '../ports.ts';
import { isAsked } from '../publish/authorization.ts';
import type { PassedOn } from '../publish/pass-on.ts';
import type { Publisher, Source } from '../publish/publisher.ts';
import { refusedPublish } from '../publish/refused-publish.ts';
import type { TopicLimits } from '../reserved-topics.ts';
import type { LimitsOptions } from '../schema.ts';
import type { Exchange, Store } from '../store-port.ts';
import { AcknowledgementQueue } from './acknowledgement-queue.ts';
import { spendOnDeliveries } from './delivery-cost.ts';
import type { Egress } from './egress.ts';
import { type Exchanges, memoryExchanges, storeExchanges } from './exchanges.ts';
import { InboundFlow } from './inbound-flow.ts';
import type { Intake } from './intake.ts';
import { type AnswerHost, codeFor, publishAnswer, publishAnswerType } from './publish-answer.ts';
import { type PublishRate, type PublishRateSources, publishRateOf } from './publish-rate.ts';

export interface InboundPublishHost extends AnswerHost {
  readonly connect: ConnectPacket;
  readonly limits: Pick<LimitsOptions, 'receiveMaximum' | keyof TopicLimits | 'publishRate'>;
  readonly egress: Egress;
  readonly intake: Pick<Intake, 'spend' | 'owe' | 'pause' | 'resume'>;
  /** Ends the connection without a word: the client did what it may not and no answer can say so, or it wants none. */
  dismiss(reason: string): void;
}

export interface InboundPublishDeps extends PublishRateSources {
  readonly publisher: Publisher;
  readonly store: Pick<Store, 'isOpen' | 'closeExchange'>;
  readonly authorizer: Pick<Authorizer, 'before5'>;
}

/** Kept when the next packet may be handled; at once where it is undefined. */
export type Through = Promise<void> | undefined;
type Send = (frame: Uint8Array) => void;

/** What one client publishes: given to the publisher, and acknowledged. */
export class InboundPublish {
  readonly #host: InboundPublishHost;
  readonly #deps: InboundPublishDeps;
  readonly #acknowledgements: AcknowledgementQueue;
  /** Undefined before MQTT 5, which knows no Receive Maximum: there packet identifiers are the bound. */
  readonly #flow: InboundFlow | undefined;
  /** Once it was accepted. */
  #client: AuthorizedClient | undefined;
  #isPersistent = false;
  /** Made with its first PUBLISH. */
  #source: Source | undefined;
  /** Made with the first at QoS 2. */
  #exchanges: Exchanges | undefined;
  /** Undefined where it may publish as fast as it likes. */
  #rate: PublishRate | undefined;
  /** Messages that are not through yet. */
  #underWay = 0;
  #isPaused = false;
  #isOver = false;

  constructor(host: InboundPublishHost, deps: InboundPublishDeps) {
    this.#host = host;
    this.#deps = deps;
    this.#acknowledgements = new AcknowledgementQueue(host.egress);
    if (host.connect.version === 5) this.#flow = new InboundFlow(host.limits.receiveMaximum);
  }

  /** The client was accepted. */
  open(isPersistent: boolean): void {
    this.#isPersistent = isPersistent;
    this.#rate = publishRateOf(this.#accepted, this.#host.limits.publishRate, {
      ...this.#deps,
      intake: this.#host.intake,
      acknowledgements: this.#acknowledgements,
      released: () => this.#goOn(),
    });
  }

  /** The client is who it says. Once it has proved itself anew, rules may say otherwise from the next message on. */
  identify(client: AuthorizedClient): void {
    this.#client = client;
    this.#source &&= this.#deps.publisher.sourceOf(client, this.#host.limits, this.#source);
  }

  /** The connection is over; what was taken is still published. */
  close(): void {
    this.#isOver = true;
    this.#rate?.close();
    this.#rate = undefined;
  }

  /** Kept when everything at QoS 0 that came is routed; undefined where it is. */
  get unacknowledged(): Promise<unknown> | undefined {
    return this.#source?.unacknowledged.routed;
  }

  /** The same at any QoS. */
  get routed(): Promise<unknown> | undefined {
    const acknowledged = this.#source?.acknowledged.routed;
    const { unacknowledged } = this;
    if (acknowledged === undefined || unacknowledged === undefined) return acknowledged ?? unacknowledged;
    return Promise.all([acknowledged, unacknowledged]);
  }

  /**
   * A PUBLISH came, and is taken now or later.
   * @returns 0x93 where the client has more under way than it may, and 0x96 where it is too fast for too long
   */
  count({ qos, packetId }: PublishHeader, bytes: number): Refusal | undefined {
    const tooFast = this.#rate?.took(qos, bytes);
    if (tooFast !== undefined || this.#flow === undefined || qos === 0) return tooFast;
    if (qos === 1) this.#flow.openedQos1();
    else this.#flow.openedQos2(packetId);
    return this.#flow.fault();
  }

  /** Publishes what was counted. */
  take(frame: Buffer, header: PublishHeader): Through {
    this.#source ??= this.#deps.publisher.sourceOf(this.#accepted, this.#host.limits);
    const source = this.#source;
    if (header.qos === 2) return this.#takeOnce(frame, header, source);
    return this.#publish(frame, header, source, undefined, false);
  }

  /** A PUBREL came; it is answered in its turn. */
  released(packetId: number): void {
    this.#flow?.released(packetId);
  }

  /** Answers PUBREL when the identifier is free. */
  release(packetId: number): Through {
    const outcome = this.#openExchanges().release(packetId);
    const answer = (reasonCode: number | undefined): void => {
      if (reasonCode === undefined) return;
      this.#host.egress.acknowledge('pubcomp', this.#host.connect.version, packetId, reasonCode);
    };
    if (typeof outcome !== 'number') return outcome.then(answer).catch((cause: unknown) => this.#failed(cause));
    answer(outcome);
    return undefined;
  }

  get #accepted(): AuthorizedClient {
    if (this.#client === undefined) throw new Error('a packet was handled before CONNACK');
    return this.#client;
  }

  #openExchanges(): Exchanges {
    this.#exchanges ??= this.#isPersistent
      ? storeExchanges(this.#accepted.clientId, { ...this.#deps, isOver: () => this.#isOver })
      : memoryExchanges();
    return this.#exchanges;
  }

  /**
   * Gives a message to the publisher.
   * @param isAwaited the next waits until it is answered; where it has to be asked whether it is allowed, the next waits for that
   */
  #publish(
    frame: Buffer,
    header: PublishHeader,
    source: Source,
    exchange: Exchange | undefined,
    isAwaited: boolean,
  ): Through {
    const outcome = this.#deps.publisher.take(frame, header, this.#host.connect.version, source, exchange);
    if (isAsked(outcome))
      return outcome.answered
        .then(() => (this.#isOver ? undefined : this.#publish(frame, header, source, exchange, isAwaited)))
        .catch((cause: unknown) => this.#failed(cause));
    const through = this.#settle(frame, header, outcome);
    return isAwaited ? through : undefined;
  }

  /** QoS 2. Where the store keeps the exchanges, one message is dealt with after the other. */
  #takeOnce(frame: Buffer, header: PublishHeader, source: Source): Through {
    const { packetId } = header;
    const exchanges = this.#openExchanges();
    const isOpen = exchanges.isOpen(packetId);
    const isStored = typeof isOpen !== 'boolean';
    const take = (isRepeated: boolean): Through => {
      if (!isRepeated) return this.#publish(frame, header, source, exchanges.open(packetId), isStored);
      this.#answer(header, reasonCodes.success, '');
      this.#pauseIfBehind();
      return undefined;
    };
    if (!isStored) return take(isOpen);
    return isOpen
      .then(take, (cause: unknown) => this.#notKept(header, cause))
      .catch((cause: unknown) => this.#failed(cause));
  }

  /** Answers as soon as it is known what to say. @returns kept when that was done */
  #settle(frame: Buffer, header: PublishHeader, outcome: PassedOn | Refusal): Through {
    if (typeof outcome === 'number') {
      if (outcome > 1) spendOnDeliveries(this.#host.intake, outcome, frame.length);
      if (header.qos > 0) this.#answer(header, codeFor(outcome), '');
      return undefined;
    }
    return 'kind' in outcome ? this.#denied(header, outcome) : this.#settleLate(header, outcome);
  }

  /** PUBACK is a promise: it waits until the message is safe. */
  #settleLate(header: PublishHeader, outcome: Promise<number>): Promise<void> {
    const send = header.qos === 0 ? undefined : this.#acknowledgements.reserve();
    this.#underWay += 1;
    this.#pauseIfBehind();
    return outcome
      .then(
        (count) => {
          if (send !== undefined) this.#answer(header, codeFor(count), '', send);
          this.#through();
          return undefined;
        },
        (cause: unknown) => {
          const forgotten = this.#notKept(header, cause, send);
          this.#through();
          return forgotten;
        },
      )
      .catch((cause: unknown) => this.#failed(cause));
  }

  #through(): void {
    this.#underWay -= 1;
    this.#goOn();
  }

  #goOn(): void {
    if (!this.#isPaused || this.#behind * 2 > this.#host.limits.receiveMaximum) return;
    this.#isPaused = false;
    this.#host.intake.resume();
  }

  /** Messages that are not through, or answers that wait behind theirs. */
  get #behind(): number {
    return Math.max(this.#underWay, this.#acknowledgements.length);
  }

  #pauseIfBehind(): void {
    if (this.#isPaused || this.#behind <= this.#host.limits.receiveMaximum) return;
    this.#isPaused = true;
    this.#host.intake.pause();
  }

  /**
   * It may not be published. Before MQTT 5 nothing says no: closing would only bring a bad topic again, and where denied
   * messages are dropped they are answered as if they were taken. [3.1.1 MQTT-3.3.5-2]
   */
  #denied(header: PublishHeader, { reasonCode, message }: Refusal): Through {
    const isTemporary = reasonCode === reasonCodes.implementationSpecificError; // it is to be sent again
    const isDropped = isTemporary
      ? header.qos === 0
      : reasonCode === reasonCodes.topicNameInvalid || this.#deps.authorizer.before5 === 'drop';
    if (this.#host.connect.version !== 5 && !isDropped) {
      this.#host.dismiss(message);
      return undefined;
    }
    return header.qos === 0 ? undefined : this.#no(header, reasonCode, message);
  }

  /** It could not be kept, and its publisher is to send it again. */
  #notKept(header: PublishHeader, cause: unknown, send?: Send): Through {
    const { reasonCode, message } = refusedPublish(cause);
    if (this.#host.connect.version === 5 && header.qos > 0) return this.#no(header, reasonCode, message, send);
    this.#host.egress.fail(`its message could not be kept: ${message}`);
    return undefined;
  }

  /** @returns kept when the packet identifier is free: until then the client's next packet waits */
  #no(header: PublishHeader, reasonCode: number, reason: string, send?: Send): Through {
    const forgotten = header.qos === 2 ? this.#exchanges?.forget(header.packetId) : undefined;
    this.#answer(header, reasonCode, reason, send);
    return forgotten;
  }

  /** PUBACK or PUBREC. @param send where a place was kept for it */
  #answer({ qos, packetId }: PublishHeader, reasonCode: number, reason: string, send?: Send): void {
    if (qos === 1) this.#flow?.acknowledged();
    else if (reasonCode >= 0x80) this.#flow?.released(packetId);
    const { notice, egress, connect } = this.#host;
    if (reason === '' && notice === '' && send === undefined && this.#acknowledgements.isClear) {
      egress.acknowledge(publishAnswerType(qos), connect.version, packetId, reasonCode);
      return;
    }
    const frame = publishAnswer(this.#host, qos, packetId, reasonCode, reason);
    if (send === undefined) this.#acknowledgements.push(frame);
    else send(frame);
  }

  #failed(cause: unknown): void {
    this.#host.egress.fail(messageOf(cause));
  }
}
