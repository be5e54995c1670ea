import type { StoredSubscription } from '../../broker/store-port.ts';
import { MemorySubscriptions } from '../memory/memory-subscriptions.ts';
import { toBytes } from './packet-codec.ts';
import type { Pipe } from './pipe.ts';
import type { StoreRoom } from './room.ts';
import { type Argument, asList, asNumber, noResult, pairsOf, type Reply, replyText } from './round-trip.ts';
import { fromWire, toSubscription, toWire, type WireSubscription } from './subscription-codec.ts';

/** Sessions that are read in one step. */
const pageSessions = 500;
/** Sessions whose last change is remembered, at least; about 15 MB. */
const maxVersions = 100_000;
/** In the place of a version: the change was not made. */
const refused = -1;

export interface SubscriptionSyncOptions {
  readonly keyPrefix: string;
  readonly runId: string;
  readonly room: Pick<StoreRoom, 'maxBytes' | 'refuse' | 'requireSubscriptions'>;
}

/** A change of the subscriptions of one session: some removed or all, then some added. */
interface Change {
  readonly clientId: string;
  readonly add?: readonly WireSubscription[];
  /** Filters; null for all. */
  readonly remove?: readonly string[] | null;
}

/**
 * The subscriptions of all sessions of all nodes, in memory: changed at once by our own calls, by what other nodes tell
 * when they change theirs, and by reading all of Redis, at the start and whenever something may have been missed.
 *
 * Redis numbers the changes, so that the nodes agree when a session moves: of two changes of one session the one with
 * the higher number is the later one, in whatever order they become known here.
 */
export class SubscriptionSync {
  readonly #pipe: Pick<Pipe, 'write' | 'submit'>;
  readonly #keyPrefix: string;
  readonly #runId: string;
  readonly #room: SubscriptionSyncOptions['room'];
  readonly #index = new MemorySubscriptions();
  readonly #open = new Map<string, OpenChanges>();
  readonly #stale = new Set<string>();
  /** Sessions that are being read again. */
  readonly #rereading = new Set<string>();
  /** The number of the last change, of sessions that changed lately. */
  #versions = new Map<string, number>();
  #olderVersions = new Map<string, number>();
  /** Sessions that changed while all is read; undefined when nothing is read. */
  #changed: Set<string> | undefined;

  constructor(pipe: Pick<Pipe, 'write' | 'submit'>, options: SubscriptionSyncOptions) {
    this.#pipe = pipe;
    this.#keyPrefix = options.keyPrefix;
    this.#runId = options.runId;
    this.#room = options.room;
  }

  get index(): MemorySubscriptions {
    return this.#index;
  }

  /** @throws StoreError store-full; then there is none of them */
  add(clientId: string, added: readonly StoredSubscription[]): Promise<void> {
    if (added.length === 0) return Promise.resolve();
    const size = { held: this.#index.bytes, more: this.#index.growthOf(clientId, added) };
    try {
      this.#room.requireSubscriptions(clientId, size);
    } catch (refusal) {
      return Promise.reject(refusal); // not by `async`, whose promise is kept later than those of other calls
    }
    const args = added.flatMap((one) => [one.filter, toBytes(toWire(one))]);
    const change = { clientId, add: added.map(toWire) };
    return this.#change(change, 'SUBSCRIBE', [this.#room.maxBytes, ...args], (reply) => {
      if (asNumber(reply) === refused) this.#room.refuse();
    });
  }

  remove(clientId: string, filters: readonly string[]): Promise<void> {
    if (filters.length === 0) return Promise.resolve();
    return this.#change({ clientId, remove: filters }, 'UNSUBSCRIBE', filters, noResult);
  }

  /** Ends the session in Redis, not only its subscriptions. @param onRest is called when parts of it are left to sweep */
  clean(clientId: string, onRest: () => void): Promise<void> {
    return this.#change({ clientId, remove: null }, 'CLEAN', [], (reply) => {
      if (asNumber(asList(reply)[1]) === 1) onRest();
    });
  }

  /** Takes in what another node published. */
  receive(text: string): void {
    const [version = '', runId = ''] = text.split(' ', 2);
    if (runId === this.#runId) return;
    const change: Change = JSON.parse(text.slice(version.length + runId.length + 2));
    const { clientId } = change;
    const open = this.#open.get(clientId);
    if (open !== undefined) open.foreign = true;
    if (this.#isLater(clientId, Number(version))) this.#apply(change);
    else if (open !== undefined) open.missed = true;
    else void this.#reread(clientId); // the later change became known first, and may be about other filters
  }

  /** Reads all subscriptions again. What changes meanwhile is newer than what is read. */
  async readAll(): Promise<void> {
    this.#changed = new Set();
    try {
      await this.#readAll();
    } finally {
      this.#changed = undefined;
    }
  }

  async #readAll(): Promise<void> {
    const found = new Set<string>();
    let cursor = '0';
    do {
      const step = await this.#pipe.submit('READ', 'SSCAN', `${this.#keyPrefix}clients`, cursor, 'COUNT', pageSessions);
      const [next, ids] = asList(step);
      cursor = replyText(next);
      await this.#readSessions(asList(ids).map(replyText), found);
    } while (cursor !== '0');
    for (const clientId of this.#index.clientIds())
      if (!found.has(clientId) && !this.#isChanged(clientId)) this.#index.removeAll(clientId);
  }

  async #readSessions(ids: readonly string[], found: Set<string>): Promise<void> {
    if (ids.length === 0) return;
    const lists = asList(await this.#pipe.submit('SUBSCRIPTIONS', ...ids.map(encodeURIComponent)));
    for (const [index, clientId] of ids.entries()) {
      found.add(clientId);
      if (this.#isChanged(clientId)) continue;
      this.#replace(clientId, pairsOf(lists[index]).map(toSubscription));
    }
  }

  #isChanged(clientId: string): boolean {
    return this.#changed?.has(clientId) === true || this.#open.has(clientId);
  }

  #change(change: Change, name: string, args: readonly Argument[], then: (reply: Reply) => void): Promise<void> {
    const { clientId } = change;
    const open = this.#begin(change);
    this.#apply(change);
    const told = `${this.#runId} ${JSON.stringify(change)}`;
    const done = (reply: Reply): void => {
      const version = asNumber(Array.isArray(reply) ? reply[0] : reply);
      if (version !== refused) {
        const isLater = this.#isLater(clientId, version);
        if (isLater && open.foreign) this.#apply(change); // what was before it in Redis became known here after it
        open.done += 1;
      }
      this.#end(clientId, open);
      then(reply);
    };
    return this.#pipe.write(name, [encodeURIComponent(clientId), clientId, told, ...args], done, () =>
      this.#end(clientId, open),
    );
  }

  #begin({ clientId, remove = [], add = [] }: Change): OpenChanges {
    let open = this.#open.get(clientId);
    if (open === undefined) {
      open = { before: new Map(), count: 0, done: 0, total: 0, foreign: false, missed: false };
      this.#open.set(clientId, open);
    }
    for (const filter of remove ?? this.#index.of(clientId).map(({ filter }) => filter))
      this.#note(open, clientId, filter);
    for (const { topic } of add) this.#note(open, clientId, topic);
    open.count += 1;
    open.total += 1;
    return open;
  }

  #note({ before }: OpenChanges, clientId: string, filter: string): void {
    if (!before.has(filter)) before.set(filter, this.#index.find(clientId, filter));
  }

  /** Takes back what was refused. */
  #end(clientId: string, open: OpenChanges): void {
    open.count -= 1;
    if (open.count > 0) return;
    this.#open.delete(clientId);
    const isDone = open.done === open.total;
    if (isDone && !open.missed) return;
    if (open.done === 0 && !open.foreign) this.#putBack(clientId, open.before);
    else void this.#reread(clientId);
  }

  /** Reads a session again, once more where it changed meanwhile. Our own changes read it again where they have to. */
  async #reread(clientId: string): Promise<void> {
    if (this.#rereading.has(clientId)) return;
    this.#rereading.add(clientId);
    try {
      for (let isCurrent = false; !isCurrent; ) {
        const version = this.#lastVersion(clientId);
        const [subscriptions] = asList(await this.#pipe.submit('SUBSCRIPTIONS', encodeURIComponent(clientId)));
        const open = this.#open.get(clientId);
        isCurrent = open !== undefined || version === this.#lastVersion(clientId);
        if (open !== undefined) open.missed = true;
        else if (isCurrent) this.#replace(clientId, pairsOf(subscriptions).map(toSubscription));
      }
    } catch {
      this.#stale.add(clientId);
    } finally {
      this.#rereading.delete(clientId);
    }
  }

  /** Reads the sessions again whose changes were refused in part. */
  async readStale(): Promise<void> {
    const ids = [...this.#stale].slice(0, pageSessions);
    await this.#readSessions(ids, new Set());
    for (const clientId of ids) this.#stale.delete(clientId);
  }

  #apply({ clientId, remove = [], add = [] }: Change): void {
    this.#changed?.add(clientId);
    if (remove === null) this.#index.removeAll(clientId);
    else this.#index.remove(clientId, remove);
    this.#index.add(clientId, add.map(fromWire));
  }

  #putBack(clientId: string, before: OpenChanges['before']): void {
    this.#index.remove(clientId, [...before.keys()]);
    this.#index.add(
      clientId,
      [...before.values()].filter((one) => one !== undefined),
    );
  }

  #replace(clientId: string, subscriptions: readonly StoredSubscription[]): void {
    this.#index.removeAll(clientId);
    this.#index.add(clientId, subscriptions);
  }

  #lastVersion(clientId: string): number {
    return this.#versions.get(clientId) ?? this.#olderVersions.get(clientId) ?? 0;
  }

  /** @param version 0 for a change whose answer was lost: it counts, and what follows counts as later */
  #isLater(clientId: string, version: number): boolean {
    if (version < this.#lastVersion(clientId)) return version === 0;
    this.#versions.set(clientId, version);
    if (this.#versions.size < maxVersions) return true;
    this.#olderVersions = this.#versions;
    this.#versions = new Map();
    return true;
  }
}

/** Sessions with a change of our own that Redis has not answered. */
interface OpenChanges {
  /** By filter, of those that change: what was subscribed to before. */
  readonly before: Map<string, StoredSubscription | undefined>;
  count: number;
  done: number;
  total: number;
  /** Another node changed the session meanwhile. */
  foreign: boolean;
  /** One of them became known after a later one. */
  missed: boolean;
}
