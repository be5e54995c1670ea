import { type Clock, isoTime } from '../../kernel/clock.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { HttpClient } from '../outside/http-client.ts';
import type { Algorithm } from './algorithms.ts';
import { keySetFetched, keySetUnavailable } from './events.ts';
import { readKeySet } from './key-set.ts';
import { keysFor, type VerificationKey, type WantedKey } from './keys.ts';
import type { KeySetOptions } from './schema.ts';

export interface RemoteKeysDeps {
  readonly http: Pick<HttpClient, 'send'>;
  readonly clock: Clock;
  readonly events: Events;
}

/**
 * The keys behind a URL. A key that is known is there at once, and a set that has grown old is fetched beside; only who
 * brings a key that nobody knows waits for a request, of which there is one at a time, and none during the cool-down.
 */
export class RemoteKeys {
  readonly #options: KeySetOptions;
  readonly #allowed: readonly Algorithm[];
  readonly #deps: RemoteKeysDeps;
  readonly #ending = new AbortController();
  #keys: readonly VerificationKey[] | undefined;
  /** Monotonic, as are all of these. */
  #fetchedMs = Number.NEGATIVE_INFINITY;
  #triedMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(options: KeySetOptions, allowed: readonly Algorithm[], deps: RemoteKeysDeps) {
    this.#options = options;
    this.#allowed = allowed;
    this.#deps = deps;
  }

  /** @returns the keys that fit; undefined where there is no set now */
  async find(wanted: WantedKey): Promise<ReturnType<typeof keysFor> | undefined> {
    const known = this.#current();
    const found = known === undefined ? [] : keysFor(wanted, known);
    if (found.length > 0) {
      if (this.#ageMs >= this.#options.maxAge) void this.#fetch();
      return found;
    }
    await this.#fetch();
    const now = this.#current();
    return now === undefined ? undefined : keysFor(wanted, now);
  }

  stop(): void {
    this.#ending.abort();
  }

  get #ageMs(): number {
    return this.#deps.clock.monotonic() - this.#fetchedMs;
  }

  #current(): readonly VerificationKey[] | undefined {
    const { maxAge, outage } = this.#options;
    return this.#ageMs <= maxAge + outage ? this.#keys : undefined;
  }

  /** Never rejects. Nothing happens during the cool-down. */
  #fetch(): Promise<void> {
    if (this.#fetching !== undefined) return this.#fetching;
    const { clock } = this.#deps;
    if (clock.monotonic() - this.#triedMs < this.#options.coolDown) return Promise.resolve();
    this.#triedMs = clock.monotonic();
    this.#fetching = this.#request().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #request(): Promise<void> {
    const { http, clock, events } = this.#deps;
    const { url, maxAge, outage } = this.#options;
    const headers = { accept: 'application/jwk-set+json, application/json' };
    const answer = await http.send({ method: 'GET', url, headers }, this.#ending.signal);
    if (this.#ending.signal.aborted) return;
    const keys = typeof answer === 'string' ? answer : keysOf(answer.status, answer.body, this.#allowed);
    if (typeof keys !== 'string') {
      this.#keys = keys;
      this.#fetchedMs = clock.monotonic();
      events.emit(keySetFetched, { url, keys: keys.length });
      return;
    }
    const leftMs = maxAge + outage - this.#ageMs;
    const kept =
      this.#current() === undefined
        ? 'tokens are refused until they can'
        : `those that are known count until ${isoTime(clock.now() + leftMs)}`;
    events.emit(keySetUnavailable, { url, problem: keys, kept });
  }
}

function keysOf(status: number, body: string, allowed: readonly Algorithm[]): readonly VerificationKey[] | string {
  return status === 200 ? readKeySet(body, allowed) : `it answers with HTTP status ${status}`;
}
