import type { StoredSession } from '../../../broker/store-port.ts';
import { emptySize, recordBytes, type Size, sessionBytes } from '../../limits.ts';
import type { Batch } from '../files/batch.ts';
import { RecordReader, RecordWriter } from '../files/bytes.ts';
import type { Environment } from '../files/environment.ts';
import { type OwnerNumber, ownerKey } from '../files/keys.ts';
import { NumberedOwners } from './numbered-owners.ts';
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
  /** The next messages to go when the queue is full, oldest last. */
  head: number[] | undefined;
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
  readonly #byNumber = new NumberedOwners<Owner>();
  readonly #batch: Batch;
  readonly #numbers: Numbers;
  /** Owners whose size is written with the next commit. */
  readonly #resized = new Set<Owner>();
  #sessions = 0;
  #bytes = 0;

  constructor(batch: Batch, numbers: Numbers) {
    this.#batch = batch;
    this.#numbers = numbers;
  }

  /** Sessions that have a record. */
  get sessions(): number {
    return this.#sessions;
  }

  /** What they count for in `store.maxBytes`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Reads everything back. @throws StoreError store-damaged */
  load(environment: Environment): Size {
    const total = emptySize();
    let likely: Pick<StoredSession, 'principal' | 'trust'> = { principal: '' };
    environment.visit('owners', (number, value) => {
      const owner = decodeOwner(number, value, likely);
      this.#add(owner);
      if (owner.session === undefined) return;
      this.#sessions += 1;
      likely = owner.session;
    });
    environment.visit('sizes', (number, value) => {
      const size = this.#byNumber.find(number)?.size;
      if (size === undefined) return;
      ({ messages: size.messages, bytes: size.bytes } = decodeSize(value));
      total.messages += size.messages;
      total.bytes += size.bytes;
    });
    return total;
  }

  find(clientId: string): Owner | undefined {
    return this.#byClient.get(clientId);
  }

  byNumber(number: OwnerNumber): Owner | undefined {
    return this.#byNumber.find(number);
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
    this.#bytes -= costOf(owner);
    owner.session = { ...session };
    this.#bytes += costOf(owner);
    this.#batch.put('owners', ownerKey(owner.number), encodeOwner(owner));
    return owner;
  }

  remove(owner: Owner): void {
    if (owner.session !== undefined) this.#sessions -= 1;
    this.#bytes -= costOf(owner);
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
    this.#bytes += costOf(owner);
    this.#byNumber.add(owner);
  }
}

const costOf = ({ clientId, session }: Owner): number =>
  session === undefined ? recordBytes(clientId) : sessionBytes(session);

const createOwner = (number: OwnerNumber, clientId: string, session: StoredSession | undefined): Owner => ({
  number,
  clientId,
  session,
  size: emptySize(),
  changes: 0,
  index: undefined,
  head: undefined,
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
  if (session?.trust !== undefined) writer.text(session.trust); // a version that does not know it reads up to here
  return writer.end();
}

/** @param likely whom other sessions belong to. @throws StoreError store-damaged */
export function decodeOwner(
  number: OwnerNumber,
  record: Buffer,
  likely: Pick<StoredSession, 'principal' | 'trust'> = { principal: '' },
): Owner {
  const reader = new RecordReader(record, 'a session');
  const flags = reader.u8();
  const clientId = reader.text();
  if ((flags & hasSession) === 0) return createOwner(number, clientId, undefined);
  const expirySeconds = reader.u32();
  const disconnectedAt = reader.u48();
  const principal = reader.text(likely.principal);
  const trust = reader.isAtEnd ? undefined : reader.text(likely.trust);
  return createOwner(number, clientId, {
    clientId,
    principal,
    trust,
    expirySeconds,
    disconnectedAt: (flags & isAway) === 0 ? undefined : disconnectedAt,
  });
}
