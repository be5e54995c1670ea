import { randomBytes } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import type { LinkError } from '../../kernel/errors.ts';
import type { NatsLink, NatsMessage, NatsSubscription } from '../link.ts';
import type { StreamOptions } from '../schema.ts';

/** What may be asked for now. */
export interface PullRoom {
  readonly messages: number;
  readonly bytes: number;
}

export interface PullsDeps {
  readonly nats: Pick<NatsLink, 'publish' | 'subscribe' | 'state'>;
  readonly clock: Clock;
  /** Undefined where it is not worth asking yet. */
  readonly room: () => PullRoom | undefined;
  readonly onMessage: (message: NatsMessage) => void;
  /** The consumer is not there any more, or JetStream is not. */
  readonly onLost: (why: string) => void;
  /** What is asked for cannot come. */
  readonly onForbidden: (error: LinkError) => void;
}

/** A request that has brought less than asked for ends after this. */
const expiresMs = 30_000;
/** Signs of life of the server meanwhile; after two that are missed it is asked again. */
const heartbeatMs = 5_000;
const nanosecondsPerMs = 1_000_000;

/**
 * Asks a consumer of JetStream for messages, as many as there is room for, one request after the other: while nobody
 * asks, it keeps what it has. (ADR-37 of nats-architecture-and-design)
 */
export class Pulls {
  readonly #deps: PullsDeps;
  readonly #subject: string;
  readonly #inbox = `_INBOX.${randomBytes(9).toString('hex')}`;
  #subscription: NatsSubscription | undefined;
  #number = 0;
  /** Messages that the last request may still bring. */
  #open = 0;
  #lifeMs = 0;
  #connection = 0;

  constructor({ stream, consumer }: StreamOptions, deps: PullsDeps) {
    this.#deps = deps;
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  }

  start(): void {
    const { nats, onForbidden } = this.#deps;
    this.#subscription = nats.subscribe(`${this.#inbox}.*`, (message) => this.#hear(message), { onForbidden });
    this.ask();
  }

  /** What is under way comes again to whoever asks next. */
  stop(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    this.#open = 0;
  }

  /** There may be room. To be called now and then too: it notices here that nobody answers. */
  ask(): void {
    const { nats, clock, room } = this.#deps;
    if (this.#subscription === undefined) return;
    const { reconnects } = nats.state();
    const isDead = reconnects !== this.#connection || clock.monotonic() - this.#lifeMs > 2 * heartbeatMs;
    if (this.#open > 0 && !isDead) return;
    const wanted = room();
    if (wanted === undefined) return;
    this.#number += 1;
    const request = {
      batch: wanted.messages,
      max_bytes: wanted.bytes,
      expires: expiresMs * nanosecondsPerMs,
      idle_heartbeat: heartbeatMs * nanosecondsPerMs,
    };
    const reply = `${this.#inbox}.${this.#number.toString(36)}`;
    const result = nats.publish(this.#subject, Buffer.from(JSON.stringify(request)), undefined, reply);
    this.#open = result === 'sent' ? wanted.messages : 0;
    this.#connection = reconnects;
    this.#lifeMs = clock.monotonic();
  }

  #hear(message: NatsMessage): void {
    const { clock, onMessage } = this.#deps;
    this.#lifeMs = clock.monotonic();
    if (message.status === undefined || !message.subject.startsWith(this.#inbox)) {
      this.#open = Math.max(0, this.#open - 1);
      onMessage(message);
      if (this.#open === 0) this.ask();
    } else if (message.subject === `${this.#inbox}.${this.#number.toString(36)}`) this.#said(message.status);
  }

  /** 100 is a heartbeat; every other ends the request. */
  #said({ code, text }: NonNullable<NatsMessage['status']>): void {
    if (code === 100) return;
    this.#open = 0;
    if (code === 503 || (code === 409 && /deleted|is push based/i.test(text)))
      this.#deps.onLost(text === '' ? 'JetStream does not answer' : text);
    else if (code === 408 || /batch completed/i.test(text)) this.ask(); // it took its time
  }
}
