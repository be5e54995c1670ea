import type { Redis } from 'ioredis';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf, StoreError } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { redisSyncFailed } from './events.ts';
import type { Pipe } from './pipe.ts';
import { createClient, readTls } from './redis-client.ts';
import { RedisLink } from './redis-link.ts';
import type { RedisRetained } from './redis-retained.ts';
import { asNumber } from './round-trip.ts';
import type { ResolvedRedisOptions } from './schema.ts';
import type { SubscriptionSync } from './subscription-sync.ts';

/** How often what has expired is removed, what is left of ended sessions, and the statistics are read. */
const maintenanceMs = 10_000;
const syncRetryMs = 1_000;

interface Deps {
  readonly runId: string;
  readonly pipe: Pipe;
  readonly subscriptions: SubscriptionSync;
  readonly retained: RedisRetained;
  readonly events: Events;
  readonly clock: Clock;
}

/** The two connections of a store, one for commands and one that hears of changes, and its work in the background. */
export class RedisConnections {
  readonly #options: ResolvedRedisOptions;
  readonly #deps: Deps;
  #link: RedisLink | undefined;
  #subscriber: Redis | undefined;
  #sync: Promise<void> | undefined;
  #sweep: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #cancelMaintenance: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(options: ResolvedRedisOptions, deps: Deps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @throws StoreError store-unavailable when Redis cannot be used within `operationTimeout` */
  async open(): Promise<void> {
    try {
      const tls = await readTls(this.#options);
      const { url, keyPrefix, operationTimeout } = this.#options;
      const { runId, pipe, events, clock } = this.#deps;
      this.#link = new RedisLink(
        { server: url, keyPrefix, writerId: runId, openTimeoutMs: operationTimeout },
        { client: createClient(this.#options, tls), pipe, events, clock },
      );
      await this.#link.open();
      await pipe.submit('COUNT');
      await this.#listen(createClient(this.#options, tls));
    } catch (cause) {
      await this.close();
      const message = `the session store at ${this.#options.url} cannot be used: ${messageOf(cause)}; start Redis, or correct store.redis`;
      throw new StoreError('store-unavailable', message, { cause });
    }
    this.#maintainLater();
  }

  /** Works twice, and without `open`; what was called before it is answered or refused first. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Goes on with what is left of ended sessions. */
  sweepSoon(): void {
    this.#sweep ??= this.#sweepAll().finally(() => (this.#sweep = undefined));
    this.#sweep.catch(() => undefined); // maintenance comes back to it
  }

  async #close(): Promise<void> {
    this.#cancelMaintenance?.();
    this.#cancelRetry?.();
    await this.#deps.pipe.close();
    this.#link?.close();
    this.#subscriber?.disconnect();
  }

  /** What was published while it was not heard is read from Redis, at the start as after every outage. */
  async #listen(subscriber: Redis): Promise<void> {
    this.#subscriber = subscriber;
    subscriber.on('error', () => undefined); // the other connection says it
    subscriber.on('message', (_channel: string, text: string) => this.#receive(text));
    await subscriber.connect();
    await this.#synchronize();
    subscriber.on('ready', () => this.#synchronizeAgain());
  }

  async #synchronize(): Promise<void> {
    await this.#subscriber?.subscribe(`${this.#options.keyPrefix}subscriptions`);
    await this.#deps.subscriptions.readAll();
  }

  #synchronizeAgain(): void {
    this.#cancelRetry?.();
    if (this.#closed !== undefined) return;
    this.#sync ??= this.#synchronize().finally(() => (this.#sync = undefined));
    this.#sync.catch((error: unknown) => {
      this.#deps.events.emit(redisSyncFailed, { why: messageOf(error) });
      this.#cancelRetry?.();
      this.#cancelRetry = this.#deps.clock.after(syncRetryMs, () => this.#synchronizeAgain());
    });
  }

  #receive(text: string): void {
    try {
      this.#deps.subscriptions.receive(text);
    } catch (error) {
      this.#deps.events.emit(redisSyncFailed, { why: `not understood what another node said: ${messageOf(error)}` });
    }
  }

  #maintainLater(): void {
    this.#cancelMaintenance = this.#deps.clock.after(maintenanceMs, () => {
      void this.#maintain();
      this.#maintainLater();
    });
  }

  /** An outage ends it, and the next one is soon. */
  async #maintain(): Promise<void> {
    try {
      this.#subscriber?.ping().catch(() => undefined); // shows a connection that broke in silence
      this.sweepSoon();
      await this.#deps.retained.sweep();
      await this.#deps.subscriptions.readStale();
    } catch {
      // the pipe has counted it
    }
  }

  async #sweepAll(): Promise<void> {
    while (asNumber(await this.#deps.pipe.submit('SWEEP')) === 1);
  }
}
