import type { StoredSession } from '../../broker/session-store.ts';
import { emptySize, type Size } from '../limits.ts';
import type { Batch } from './batch.ts';
import { RecordReader, RecordWriter } from './bytes.ts';
import type { Environment } from './environment.ts';
import { type OwnerNumber, ownerIn, ownerKey } from './keys.ts';
import type { Numbers } from './numbers.ts';
import type { QueueIndex } from './queue-index.ts';

/** A client that something is kept for: a session, subscriptions or a queue. */
export interface Owner {
  readonly number: OwnerNumber;
  readonly clientId: string;
  session: StoredSession | undefined;
  /** What is in its queue. */
  readonly size: Size;
  /** Rises when a queued message goes away or changes. */
  changes: number;
  /** Where messages of its queue stand; made when somebody reads or acknowledges. */
  index: QueueIndex | undefined;
  /** The next messages to go when the queue is full, oldest first. */
  head: number[];
  /** Where `head` goes on. */
  headFrom: number;
  /** `ended`: the session is over; `lost`: what is in memory was made again from the disk. */
  state: 'here' | 'ended' | 'lost';
}

const hasSession = 1;
const isAway = 2;

/** Who has a number. All stand in memory, about 250 bytes each; their messages do not. */
export class Owners {
  readonly #byClient = new Map<string, Owner>();
  readonly #byNumber = new Map<OwnerNumber, Owner>();
  readonly #batch: Batch;
  readonly #numbers: Numbers;
  /** Owners whose size is written with the next commit. */
  readonly #resized = new Set<Owner>();
  #sessions = 0;

  constructor(batch: Batch, numbers: Numbers) {
    this.#batch = batch;
    this.#numbers = numbers;
  }

  /** Sessions that have a record. */
  get sessions(): number {
    return this.#sessions;
  }

  /** Reads everything back. @throws StoreError store-damaged */
  load(environment: Environment): Size {
    const total = emptySize();
    for (const { key, value } of environment.all('owners')) {
      const owner = decodeOwner(ownerIn(key), value);
      this.#add(owner);
      if (owner.session !== undefined) this.#sessions += 1;
    }
    for (const { key, value } of environment.all('sizes')) {
      const owner = this.#byNumber.get(ownerIn(key));
      if (owner === undefined) continue;
      Object.assign(owner.size, decodeSize(value));
      total.messages += owner.size.messages;
      total.bytes += owner.size.bytes;
    }
    return total;
  }

  find(clientId: string): Owner | undefined {
    return this.#byClient.get(clientId);
  }

  byNumber(number: OwnerNumber): Owner | undefined {
    return this.#byNumber.get(number);
  }

  /** Finds the owner, or makes one. */
  require(clientId: string): Owner {
    const found = this.#byClient.get(clientId);
    if (found !== undefined) return found;
    const owner = createOwner(this.#numbers.nextOwner(), clientId, undefined);
    this.#add(owner);
    this.#batch.put('owners', ownerKey(owner.number), encodeOwner(owner), true);
    return owner;
  }

  putSession(session: StoredSession): Owner {
    const owner = this.require(session.clientId);
    if (owner.session === undefined) this.#sessions += 1;
    owner.session = { ...session };
    this.#batch.put('owners', ownerKey(owner.number), encodeOwner(owner));
    return owner;
  }

  remove(owner: Owner): void {
    if (owner.session !== undefined) this.#sessions -= 1;
    owner.state = 'ended';
    owner.index = undefined;
    this.#resized.delete(owner);
    this.#byClient.delete(owner.clientId);
    this.#byNumber.delete(owner.number);
    this.#batch.remove('owners', ownerKey(owner.number));
    this.#batch.remove('sizes', ownerKey(owner.number));
  }

  resized(owner: Owner): void {
    this.#resized.add(owner);
  }

  /** Writes the sizes that changed. */
  writeSizes(): void {
    for (const owner of this.#resized) this.#batch.put('sizes', ownerKey(owner.number), encodeSize(owner.size));
    this.#resized.clear();
  }

  /** They may change meanwhile. */
  all(): IterableIterator<Owner> {
    return this.#byClient.values();
  }

  #add(owner: Owner): void {
    this.#byClient.set(owner.clientId, owner);
    this.#byNumber.set(owner.number, owner);
  }
}

const createOwner = (number: OwnerNumber, clientId: string, session: StoredSession | undefined): Owner => ({
  number,
  clientId,
  session,
  size: emptySize(),
  changes: 0,
  index: undefined,
  head: [],
  headFrom: 0,
  state: 'here',
});

/** What is in one queue. */
export const encodeSize = ({ messages, bytes }: Size): Buffer => new RecordWriter().u32(messages).u48(bytes).end();

/** @throws StoreError store-damaged */
export function decodeSize(record: Buffer): Size {
  const reader = new RecordReader(record, 'the size of a queue');
  return { messages: reader.u32(), bytes: reader.u48() };
}

export function encodeOwner({ clientId, session }: Pick<Owner, 'clientId' | 'session'>): Buffer {
  const writer = new RecordWriter();
  const flags = (session === undefined ? 0 : hasSession) | (session?.disconnectedAt === undefined ? 0 : isAway);
  writer.u8(flags).text(clientId);
  if (session !== undefined)
    writer
      .u32(session.expirySeconds)
      .u48(session.disconnectedAt ?? 0)
      .text(session.principal);
  return writer.end();
}

/** @throws StoreError store-damaged */
export function decodeOwner(number: OwnerNumber, record: Buffer): Owner {
  const reader = new RecordReader(record, 'a session');
  const flags = reader.u8();
  const clientId = reader.text();
  if ((flags & hasSession) === 0) return createOwner(number, clientId, undefined);
  const expirySeconds = reader.u32();
  const time = reader.u48();
  const away = (flags & isAway) === 0 ? {} : { disconnectedAt: time };
  return createOwner(number, clientId, { clientId, principal: reader.text(), expirySeconds, ...away });
}
