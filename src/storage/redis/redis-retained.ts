import type { StoredMessage } from '../../broker/store-port.ts';
import { matches } from '../../mqtt/topic.ts';
import { bytesOf } from '../detach.ts';
import type { StoreDeps } from '../drop.ts';
import { retainedRefused, storeRefused } from '../limits.ts';
import type { StoreLimits } from '../schema.ts';
import { encodeRecord, toRetained } from './packet-codec.ts';
import type { Pipe } from './pipe.ts';
import { retainedPattern } from './retained-pattern.ts';
import { asBytes, asList, asNumber, type Reply, replyText, type WriteOperation } from './round-trip.ts';

/** Topics that Redis looks at in one step of a search. */
const scanStep = 500;
/** Topics that one sweep takes away. */
const sweepStep = 500;

/**
 * The last retained message of each topic: the hash `retained`, as the package keeps it. The package's search misses
 * topics with empty levels, shows `$` topics to leading wildcards, does not know that `*` and `[` stand for themselves
 * in a topic, and may show a topic twice.
 */
export class RedisRetained {
  readonly #pipe: Pipe;
  readonly #hash: string;
  readonly #limits: StoreLimits;
  readonly #deps: StoreDeps;

  constructor(pipe: Pipe, options: { readonly keyPrefix: string; readonly limits: StoreLimits }, deps: StoreDeps) {
    this.#pipe = pipe;
    this.#hash = `${options.keyPrefix}retained`;
    this.#limits = options.limits;
    this.#deps = deps;
  }

  /** Keeps it, or takes away what is there; what its answer says is for `take`. */
  operation(packet: StoredMessage): WriteOperation {
    const { topic, payload, expiresAt = '' } = packet;
    const message = payload.length === 0 ? '' : encodeRecord(packet);
    const { messages, bytes, onFull } = this.#limits.retained;
    const fields = [topic, message, bytesOf(packet), expiresAt, this.#deps.now()];
    return {
      args: [...fields, messages, bytes, this.#limits.maxBytes, onFull],
      take: (reply) => {
        const [verdict, expired] = asList(reply);
        this.#reportExpired(expired);
        if (reply === null || asNumber(verdict) === 1) return;
        const isStoreFull = asNumber(verdict) === -1;
        const isRefused = isStoreFull || onFull === 'refuse';
        this.#deps.onDropped({ reason: isRefused ? 'refused' : 'retained-full', topic });
        if (isRefused) throw isStoreFull ? storeRefused(this.#limits) : retainedRefused(topic, this.#limits);
      },
    };
  }

  /** Takes away some of what has expired. */
  async sweep(): Promise<void> {
    this.#reportExpired(await this.#pipe.submit('EXPIRE_RETAINED', this.#deps.now(), sweepStep));
  }

  /** Messages whose topic matches, in pages. */
  async *pages(filter: string): AsyncGenerator<readonly StoredMessage[], void> {
    const pages = /[+#]/.test(filter) ? this.#search(filter) : this.#get(filter);
    for await (const page of pages) {
      const valid = page.filter(({ expiresAt = Infinity }) => expiresAt > this.#deps.now());
      if (valid.length < page.length) await this.sweep();
      yield valid;
    }
  }

  async *#get(topic: string): AsyncGenerator<readonly StoredMessage[], void> {
    const message = asBytes(await this.#pipe.submit('READ', 'HGET', this.#hash, topic));
    const packet = message === undefined ? undefined : toRetained(topic, message);
    if (packet !== undefined) yield [packet];
  }

  /** A topic may come twice while Redis makes its table larger or smaller. */
  async *#search(filter: string): AsyncGenerator<readonly StoredMessage[], void> {
    const seen = new Set<string>();
    const pattern = retainedPattern(filter);
    let cursor = '0';
    do {
      const reply = asList(
        await this.#pipe.submit('READ', 'HSCAN', this.#hash, cursor, 'MATCH', pattern, 'COUNT', scanStep),
      );
      cursor = replyText(reply[0]);
      const entries = asList(reply[1]);
      const page: StoredMessage[] = [];
      for (let index = 0; index < entries.length; index += 2) {
        const topic = replyText(entries[index]);
        const message = asBytes(entries[index + 1]);
        if (message === undefined || !matches(filter, topic) || seen.has(topic)) continue;
        seen.add(topic);
        const packet = toRetained(topic, message);
        if (packet !== undefined) page.push(packet);
      }
      yield page;
    } while (cursor !== '0');
  }

  #reportExpired(topics: Reply | undefined): void {
    for (const topic of asList(topics)) this.#deps.onDropped({ reason: 'expired', topic: replyText(topic) });
  }
}
