import { type Clock, isoTime } from '../../kernel/clock.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { FetchedKeys, LastKeySet, VerificationKey } from '../last-key-set.ts';
import type { HttpClient } from '../outside/http-client.ts';
import type { Algorithm } from './algorithms.ts';
import { keySetFetched, keySetUnavailable } from './events.ts';
import { readKeySet } from './key-set.ts';
import { keysFor, type WantedKey } from './keys.ts';
import type { KeySetOptions } from './schema.ts';

export interface RemoteKeysOptions extends Omit<KeySetOptions, 'ca'> {
  /** That are allowed. */
  readonly algorithms: readonly Algorithm[];
  /** PEM of who vouches for the server. */
  readonly ca: string | undefined;
}

export interface RemoteKeysDeps {
  readonly http: Pick<HttpClient, 'send'>;
  readonly clock: Clock;
  readonly events: Events;
  /** What others like it have fetched before. */
  readonly last: LastKeySet;
}

/**
 * The keys behind a URL. A key that is known is there at once, and a set that has grown old is fetched beside; only who
 * brings a key that nobody knows waits for a request, of which there is one at a time, and none during the cool-down.
 */
export class RemoteKeys {
  readonly #options: RemoteKeysOptions;
  readonly #deps: RemoteKeysDeps;
  readonly #id: string;
  #set: FetchedKeys | undefined;
  /** Monotonic. */
  #triedMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(options: RemoteKeysOptions, deps: RemoteKeysDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#id = JSON.stringify([options.url, options.ca, options.algorithms]);
    this.#set = deps.last.get(this.#id);
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

  get #ageMs(): number {
    return this.#deps.clock.monotonic() - (this.#set?.fetchedMs ?? Number.NEGATIVE_INFINITY);
  }

  #current(): readonly VerificationKey[] | undefined {
    const { maxAge, outage } = this.#options;
    return this.#ageMs <= maxAge + outage ? this.#set?.keys : undefined;
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
    const { http, clock, events, last } = this.#deps;
    const { url, maxAge, outage, algorithms } = this.#options;
    const headers = { accept: 'application/jwk-set+json, application/json' };
    const answer = await http.send({ method: 'GET', url, headers }, new AbortController().signal); // it has a time
    const keys = typeof answer === 'string' ? answer : keysOf(answer.status, answer.body, algorithms);
    if (typeof keys !== 'string') {
      this.#set = { keys, fetchedMs: clock.monotonic() };
      last.put(this.#id, this.#set);
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
