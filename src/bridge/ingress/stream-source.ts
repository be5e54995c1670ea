import type { MessagePort } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf, StoreError } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { Message } from '../../plane/message.ts';
import { bridgeStreamRead, bridgeStreamRefused, bridgeStreamRefusing, bridgeStreamWaits } from '../events.ts';
import type { NatsLink, NatsMessage } from '../link.ts';
import type { CompiledRule } from '../mapping/rule.ts';
import { unlessAborted } from '../nats/unless-aborted.ts';
import type { StreamOptions } from '../schema.ts';
import { InFlight } from './in-flight.ts';
import { type Backlog, overheadBytes } from './ingress.ts';
import { type PullRoom, Pulls } from './pulls.ts';
import type { RuleSource } from './source.ts';
import { openConsumer } from './stream-api.ts';

export interface StreamSourceDeps {
  readonly nats: NatsLink;
  readonly plane: Pick<MessagePort, 'publishKept'>;
  readonly clock: Clock;
  readonly events: Events;
  readonly backlog: Backlog;
  /** What the rule makes of it; undefined where that is nothing for the broker. */
  readonly read: (received: NatsMessage) => Message | undefined;
  readonly passed: (received: NatsMessage) => void;
  /** The broker will never take it. */
  readonly failed: (cause: unknown) => void;
}

/** After a refusal nothing is asked for, and the message does not come again, for so long. */
const pauseMs = 1_000;
const nanosecondsPerMs = 1_000_000;

/** What a message is answered with. */
const answers = {
  done: Buffer.from('+ACK'),
  inProgress: Buffer.from('+WPI'),
  later: Buffer.from(`-NAK {"delay": ${pauseMs * nanosecondsPerMs}}`),
  never: Buffer.from('+TERM'),
} as const;

const tickMs = 1_000;
const retryMaxMs = 10_000;
/** A refusal after so long without one is told in the log. */
const quietMs = 60_000;
/** Subjects and headers that count at JetStream beside a payload. */
const lineBytes = 8_192;

/**
 * Messages of a stream of JetStream, at the pace of the broker: no more are asked for than there is room for, and each is
 * acknowledged when every queue that gets it has it. What is not acknowledged comes again.
 */
export class StreamSource implements RuleSource {
  readonly #rule: CompiledRule;
  readonly #options: StreamOptions;
  readonly #deps: StreamSourceDeps;
  readonly #pulls: Pulls;
  readonly #inFlight: InFlight;
  #isRunning = false;
  #ackWaitMs: number;
  #retryMs = tickMs;
  #pausedUntilMs = 0;
  #refusedMs = Number.NEGATIVE_INFINITY;
  #told: string | undefined;
  #cancel: () => void = () => undefined;

  constructor(rule: CompiledRule, options: StreamOptions, deps: StreamSourceDeps) {
    this.#rule = rule;
    this.#options = options;
    this.#deps = deps;
    this.#ackWaitMs = options.ackWait;
    this.#inFlight = new InFlight(deps.clock);
    this.#pulls = new Pulls(options, {
      nats: deps.nats,
      clock: deps.clock,
      room: () => this.#room(),
      onMessage: (message) => void this.#take(message),
      onLost: (why) => this.#lost(why),
      onForbidden: ({ message }) => this.#waits(message),
    });
  }

  get inFlight(): number {
    return this.#inFlight.messages;
  }

  /** Nothing comes before somebody asks for it. */
  hold(): void {}

  async check(signal: AbortSignal): Promise<void> {
    await openConsumer(this.#deps.nats, this.#options, this.#rule.subjectFilters, signal);
  }

  begin(): void {
    this.#isRunning = true;
    void this.#open();
  }

  end(): void {
    this.#isRunning = false;
    this.#pulls.stop();
  }

  /** What is still under way at the deadline comes again. */
  async ended(deadline: AbortSignal): Promise<void> {
    await unlessAborted(this.#inFlight.idle(), deadline).catch(() => undefined);
    this.#cancel();
  }

  /** Looks for the consumer, again and again until it is there. */
  async #open(): Promise<void> {
    const { nats, events } = this.#deps;
    if (!this.#isRunning) return;
    try {
      if (nats.state().status !== 'connected') return this.#openAfter(tickMs);
      const { ackWaitMs } = await openConsumer(nats, this.#options, this.#rule.subjectFilters);
      if (!this.#isRunning) return;
      this.#ackWaitMs = ackWaitMs;
      this.#retryMs = tickMs;
      this.#told = undefined;
      const { stream, consumer } = this.#options;
      events.emit(bridgeStreamRead, { rule: this.#rule.name, stream, consumer });
      this.#pulls.start();
      this.#tickAfter();
    } catch (cause) {
      this.#waits(messageOf(cause));
      this.#openAfter(this.#retryMs);
      this.#retryMs = Math.min(2 * this.#retryMs, retryMaxMs);
    }
  }

  #openAfter(delayMs: number): void {
    this.#cancel = this.#deps.clock.after(delayMs, () => void this.#open());
  }

  #lost(why: string): void {
    this.#pulls.stop();
    this.#cancel();
    this.#waits(`JetStream says "${why}" of the consumer "${this.#options.consumer}"`);
    this.#openAfter(tickMs);
  }

  #waits(error: string): void {
    if (this.#told !== error) this.#deps.events.emit(bridgeStreamWaits, { rule: this.#rule.name, error });
    this.#told = error;
  }

  /** Often enough that JetStream hears of what it waits for in time. */
  #tickAfter(): void {
    this.#cancel = this.#deps.clock.after(Math.min(tickMs, this.#ackWaitMs / 4), () => this.#tick());
  }

  #tick(): void {
    const { nats } = this.#deps;
    this.#tickAfter();
    for (const { reply } of this.#inFlight.overdue(this.#ackWaitMs / 2))
      nats.publish(reply, answers.inProgress, undefined);
    this.#pulls.ask();
  }

  /** It is worth asking for half of what may be under way, or more. */
  #room(): PullRoom | undefined {
    const { backlog, nats, clock } = this.#deps;
    const { maxInFlight } = this.#options;
    if (!this.#isRunning || clock.monotonic() < this.#pausedUntilMs) return undefined;
    const messages = maxInFlight - this.#inFlight.messages;
    const bytes = backlog.maxBytes - backlog.bytes;
    if (2 * messages < maxInFlight) return undefined;
    // the largest message has to fit, or it would never come
    if (this.#inFlight.bytes === 0) return { messages, bytes: Math.max(bytes, nats.limits().payloadBytes + lineBytes) };
    return 2 * bytes < backlog.maxBytes ? undefined : { messages, bytes };
  }

  async #take(received: NatsMessage): Promise<void> {
    const { nats, plane, backlog, read, passed } = this.#deps;
    const { reply, payload } = received;
    if (reply === undefined) return;
    const message = read(received);
    if (message === undefined) {
      nats.publish(reply, answers.done, undefined);
      return;
    }
    const taken = this.#inFlight.add(reply, payload.length + overheadBytes);
    backlog.bytes += taken.bytes;
    let answer: Uint8Array = answers.done;
    try {
      await plane.publishKept(message);
      passed(received);
    } catch (cause) {
      answer = this.#refused(cause);
    }
    backlog.bytes -= taken.bytes;
    nats.publish(reply, answer, undefined);
    this.#inFlight.remove(taken);
    this.#pulls.ask();
  }

  #refused(cause: unknown): Uint8Array {
    const { clock, events, failed } = this.#deps;
    if (!(cause instanceof StoreError)) {
      failed(cause);
      return answers.never;
    }
    const now = clock.monotonic();
    const fields = { rule: this.#rule.name, error: messageOf(cause) };
    events.emit(bridgeStreamRefused, fields);
    if (now - this.#refusedMs > quietMs) events.emit(bridgeStreamRefusing, fields);
    this.#refusedMs = now;
    this.#pausedUntilMs = now + pauseMs;
    return answers.later;
  }
}
