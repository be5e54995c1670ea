import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { bridgeOutboxBegan, bridgeOutboxDropped, bridgeOutboxEmptied } from '../events.ts';
import { headerNames } from '../headers/header-names.ts';
import type { HeaderList, NatsLink } from '../link.ts';
import { unlessAborted } from '../nats/unless-aborted.ts';
import type { Confirm } from './acknowledged.ts';
import type { Outbox, OutboxEntry, OutboxMessage } from './outbox.ts';
import { isFinal, isUnsendable } from './unsendable.ts';

export interface SpoolDeps {
  readonly rule: string;
  readonly confirm: Confirm;
  readonly outbox: Outbox;
  readonly nats: NatsLink;
  readonly clock: Clock;
  readonly events: Events;
  /** How long NATS may take to show that it answers. */
  readonly timeoutMs: number;
}

/** Sent, and not confirmed yet. */
interface Waiting {
  readonly message: OutboxMessage;
  /** @param kept in the outbox instead, when this promise is kept. */
  readonly resolve: (kept?: Promise<void>) => void;
  readonly reject: (cause: unknown) => void;
}

/** Between two attempts to empty the outbox. */
const retryMs = 200;
/** Sent with one round trip. */
const maxBatch = 256;

/**
 * Where messages of a rule go when NATS does not confirm them: to the outbox, and from there to NATS in their order.
 * While something stands there, everything goes behind it. What was sent and not confirmed when that begins goes there
 * too, so NATS may have it twice.
 */
export class Spool {
  readonly #deps: SpoolDeps;
  readonly #waiting = new Set<Waiting>();
  #isDirect = true;
  #isStopped = false;
  #emptied = 0;
  #cancelRetry: () => void = () => undefined;
  #draining: Promise<void> = Promise.resolve();

  constructor(deps: SpoolDeps) {
    this.#deps = deps;
  }

  /** What an earlier run left goes first. */
  start(): void {
    const { outbox, rule } = this.#deps;
    if (outbox.size(rule).messages === 0) return;
    this.#isDirect = false;
    this.#drainAfter(0);
  }

  /** What stands in the outbox stays there. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry();
    await unlessAborted(this.#draining, deadline).catch(() => undefined);
  }

  readonly send: Confirm = (subject, payload, headers) => {
    const message = { subject, payload, headers };
    const { nats, confirm, outbox, rule } = this.#deps;
    const unsendable = nats.unsendable(subject, payload, headers);
    if (unsendable !== undefined) return unsendable; // it would stand in the outbox for nothing
    if (this.#isDirect && nats.state().status !== 'connected') this.#keepAll('NATS is not connected');
    if (!this.#isDirect) return outbox.append(rule, message);
    const result = confirm(subject, payload, headers);
    if (typeof result === 'string') {
      if (isUnsendable(result)) return result;
      this.#keepAll(result === 'nats-backlog' ? 'too much waits for NATS' : 'NATS is not connected');
      return outbox.append(rule, message);
    }
    return new Promise<void>((resolve, reject) => {
      const waiting: Waiting = { message, resolve: (kept) => resolve(kept), reject };
      this.#waiting.add(waiting);
      void this.#settle(waiting, result);
    });
  };

  async #settle(waiting: Waiting, confirmed: Promise<void>): Promise<void> {
    try {
      await confirmed;
      if (this.#waiting.delete(waiting)) waiting.resolve();
    } catch (cause) {
      if (isFinal(cause)) {
        if (this.#waiting.delete(waiting)) waiting.reject(cause);
      } else if (this.#waiting.has(waiting)) this.#keepAll(messageOf(cause));
    }
  }

  #keepAll(error: string): void {
    const { outbox, rule, events } = this.#deps;
    for (const waiting of this.#waiting) waiting.resolve(outbox.append(rule, waiting.message));
    this.#waiting.clear();
    if (!this.#isDirect) return;
    this.#isDirect = false;
    events.emit(bridgeOutboxBegan, { rule, error });
    this.#drainAfter(retryMs);
  }

  #drainAfter(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancelRetry = this.#deps.clock.after(delayMs, () => {
      this.#draining = this.#attempt();
    });
  }

  async #attempt(): Promise<void> {
    await this.#drain().catch(() => undefined); // what NATS did not confirm is sent again with the next attempt
    if (!this.#isDirect) this.#drainAfter(retryMs);
  }

  async #drain(): Promise<void> {
    const { nats, outbox, rule, events } = this.#deps;
    if (nats.state().status !== 'connected') return;
    // a server that does not answer would get the same messages with each attempt
    await nats.flush(AbortSignal.timeout(this.#deps.timeoutMs));
    while (!this.#isStopped && (await this.#drainBatch()));
    if (this.#isStopped || outbox.size(rule).messages > 0) return;
    this.#isDirect = true;
    events.emit(bridgeOutboxEmptied, { rule, messages: this.#emptied });
    this.#emptied = 0;
  }

  /** @returns whether there is more that NATS would take now. */
  async #drainBatch(): Promise<boolean> {
    const { outbox, rule } = this.#deps;
    const entries = outbox.read(rule, maxBatch);
    const confirmed: Promise<void>[] = [];
    let last: number | undefined;
    for (const entry of entries) {
      const result = this.#sendKept(entry);
      if (result === 'later') break;
      if (result !== undefined) confirmed.push(result);
      last = entry.number;
    }
    await Promise.all(confirmed);
    if (last === undefined || this.#isStopped) return false;
    outbox.remove(rule, last);
    this.#emptied += confirmed.length;
    return last === entries.at(-1)?.number;
  }

  #sendKept(entry: OutboxEntry): Promise<void> | 'later' | undefined {
    const { confirm, rule, events, clock } = this.#deps;
    const headers = withAge(entry.headers, Math.max(0, clock.now() - entry.atMs));
    if (headers === 'expired') {
      events.emit(bridgeOutboxDropped, { rule, reason: 'expired' });
      return undefined;
    }
    const result = confirm(entry.subject, entry.payload, headers);
    if (typeof result !== 'string')
      return result.catch((cause: unknown) => {
        if (!isFinal(cause)) throw cause;
        events.emit(bridgeOutboxDropped, { rule, reason: 'forbidden' }); // or it would hold up all behind it for ever
      });
    if (!isUnsendable(result)) return 'later';
    events.emit(bridgeOutboxDropped, { rule, reason: result });
    return undefined;
  }
}

/** The time that a message waited counts against its expiry, in whole seconds [MQTT-3.3.2-6]. */
function withAge(headers: HeaderList, waitedMs: number): HeaderList | 'expired' {
  const given = headers.find(([name]) => name === headerNames.messageExpiry)?.[1];
  if (given === undefined) return headers;
  const left = Number(given) - Math.floor(waitedMs / 1_000);
  if (left <= 0) return 'expired';
  return headers.map((header) => (header[0] === headerNames.messageExpiry ? [header[0], String(left)] : header));
}
