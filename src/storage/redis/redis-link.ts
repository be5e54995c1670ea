import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { redisBack, redisLost } from './events.ts';
import type { Pipe, RunBatch } from './pipe.ts';
import { lateTimeIn, RedisTime } from './redis-time.ts';
import { asList, type Reply, timeIn, toArguments } from './round-trip.ts';
import { batchScript } from './script.ts';

const scriptId = createHash('sha1').update(batchScript).digest('hex');

export interface LinkOptions {
  readonly server: string;
  readonly keyPrefix: string;
  /** Unique to this run of this node: batches are numbered under it. */
  readonly writerId: string;
  /** How long `open` tries. */
  readonly openTimeoutMs: number;
}

/** Keeps the pipe connected, and says once for each outage that it is one. */
export class RedisLink {
  readonly #options: LinkOptions;
  readonly #client: Redis;
  readonly #pipe: Pipe;
  readonly #events: Events;
  readonly #clock: Clock;
  #lostAt: number | undefined;
  #opened: (() => void) | undefined;
  #cancelOpen: (() => void) | undefined;
  #wasUp = false;
  #lastError = '';
  #isClosed = false;
  readonly #time: RedisTime;

  constructor(options: LinkOptions, deps: { client: Redis; pipe: Pipe; events: Events; clock: Clock }) {
    this.#options = options;
    this.#client = deps.client;
    this.#pipe = deps.pipe;
    this.#events = deps.events;
    this.#clock = deps.clock;
    this.#time = new RedisTime(deps.clock);
  }

  /** @throws Error that says why Redis could not be reached */
  async open(): Promise<void> {
    this.#client.on('error', (error: Error) => (this.#lastError = messageOf(error)));
    this.#client.on('close', () => this.#down());
    this.#client.on('ready', () => void this.#up());
    const opened = new Promise<void>((resolve, reject) => {
      this.#opened = resolve;
      this.#cancelOpen = this.#clock.after(this.#options.openTimeoutMs, () =>
        reject(new Error(this.#lastError || 'it does not answer')),
      );
    });
    this.#client.connect().catch((error: unknown) => (this.#lastError ||= messageOf(error)));
    try {
      await opened;
    } finally {
      this.#cancelOpen?.();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#pipe.disconnected();
    this.#client.disconnect();
  }

  #down(): void {
    this.#pipe.disconnected();
    if (this.#isClosed || !this.#wasUp || this.#lostAt !== undefined) return;
    this.#lostAt = this.#clock.monotonic();
    const why = this.#lastError || 'it closed the connection';
    this.#events.emit(redisLost, { server: this.#options.server, why });
  }

  async #up(): Promise<void> {
    try {
      await this.#prepare();
      if (this.#lostAt !== undefined) {
        this.#events.emit(redisBack, {
          server: this.#options.server,
          outageMs: Math.round(this.#clock.monotonic() - this.#lostAt),
        });
        this.#lostAt = undefined;
      }
      this.#lastError = '';
      this.#wasUp = true;
      if (this.#isClosed) return;
      this.#pipe.connected(this.#runner());
      this.#opened?.();
    } catch (error) {
      this.#lastError = messageOf(error);
      if (!this.#isClosed) this.#client.disconnect(true);
    }
  }

  async #prepare(): Promise<void> {
    await this.#client.script('LOAD', batchScript);
    const askedAt = this.#clock.monotonic();
    const [seconds, microseconds] = await this.#client.time();
    this.#time.learn(Number(seconds) * 1_000 + Number(microseconds) / 1_000, askedAt);
  }

  #runner(): RunBatch {
    const { keyPrefix, writerId } = this.#options;
    return async (batch, executeBy) => {
      const args = [keyPrefix, writerId, batch.number, this.#time.at(executeBy), ...toArguments(batch.operations)];
      try {
        return await this.#call('EVALSHA', scriptId, args);
      } catch (error) {
        if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
        return await this.#call('EVAL', batchScript, args); // somebody ran SCRIPT FLUSH
      }
    };
  }

  async #call(command: string, script: string, args: readonly (string | number | Buffer)[]): Promise<Reply> {
    const askedAt = this.#clock.monotonic();
    try {
      const reply = toReply(await this.#client.callBuffer(command, script, 0, ...args));
      this.#time.learn(timeIn(reply), askedAt);
      this.#watchReadOnly(reply);
      return reply;
    } catch (error) {
      const isAnswer = error instanceof Error && error.name === 'ReplyError';
      if (isAnswer) this.#time.learn(lateTimeIn(error.message), askedAt);
      if (!isAnswer && this.#client.status === 'ready') this.#client.disconnect(true); // the pipe waits for a new one
      throw error;
    }
  }

  /** The server became a replica: its name leads to the new primary, or will soon. */
  #watchReadOnly(reply: Reply): void {
    const first = asList(asList(reply)[0]).find((result) => result instanceof Error);
    if (first instanceof Error && first.message.startsWith('READONLY')) this.#client.disconnect(true);
  }
}

/** What ioredis gives, without its type. */
function toReply(value: unknown): Reply {
  if (Array.isArray(value)) return value.map(toReply);
  if (typeof value === 'number' || Buffer.isBuffer(value) || value instanceof Error) return value;
  return null;
}
