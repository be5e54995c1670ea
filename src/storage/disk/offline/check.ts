import { StoreError } from '../../../kernel/errors.ts';
import { topicFilterProblem, topicNameProblem } from '../../../mqtt/topic.ts';
import { bytesOf } from '../../detach.ts';
import { emptySize, type Size } from '../../limits.ts';
import { decodeWill } from '../disk-wills.ts';
import { faultIn } from '../files/damaged.ts';
import type { Environment, Row, TableName } from '../files/environment.ts';
import { inboundKey, type OwnerNumber, ownerIn, ownerKey, sequenceIn, textKey } from '../files/keys.ts';
import { decodeMessage, messageHead } from '../queues/message-record.ts';
import { numbersIn } from '../queues/numbers.ts';
import { decodeOwner, decodeSize } from '../queues/owners.ts';
import { retainedSizeIn } from '../retained/disk-retained.ts';
import { topicKey } from '../retained/retained-key.ts';
import { decodeSubscription } from '../subscription-record.ts';

/** Something in a store that is not as it must be. */
export interface StoreFinding {
  readonly table: TableName;
  /** Whose record it is, or its key in hexadecimal. */
  readonly record: string;
  /** What is wrong, as a sentence without its end. */
  readonly what: string;
}

export interface CheckReport {
  /** Records that were looked at. */
  readonly records: number;
  readonly problems: number;
  /** The first of the problems, at most 100. */
  readonly findings: readonly StoreFinding[];
  /** Messages of sessions that are over; the broker removes them by and by. */
  readonly leftOver: number;
}

const maxFindings = 100;
const ownerKeyBytes = 6;
const queueKeyBytes = 12;

/** Reads every record of a store and compares what is counted with what is there. Changes nothing. */
export function checkStore(environment: Environment): CheckReport {
  return new Check(environment).run();
}

interface KnownOwner {
  readonly clientId: string;
  readonly size: Size;
}

class Check {
  readonly #environment: Environment;
  readonly #owners = new Map<OwnerNumber, KnownOwner>();
  readonly #retained = emptySize();
  readonly #findings: StoreFinding[] = [];
  #problems = 0;
  #records = 0;
  #leftOver = 0;
  #lastSequence = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  run(): CheckReport {
    const clientIds = new Set<string>();
    this.#each('owners', ownerKeyBytes, ({ key, value }) => {
      const { clientId } = decodeOwner(ownerIn(key), value);
      this.#owners.set(ownerIn(key), { clientId, size: emptySize() });
      if (clientIds.has(clientId)) return 'a second session has the same client id';
      clientIds.add(clientId);
      return undefined;
    });
    this.#each('subscriptions', ownerKeyBytes, (row) => this.#subscription(row));
    this.#each('queue', queueKeyBytes, (row) => this.#queued(row));
    this.#each('sent', queueKeyBytes, (row) => this.#sent(row));
    this.#each('inbound', 3, ({ key, value }) => {
      const isItsKey = inboundKey(value.toString(), key.readUInt16BE(key.length - 2)).equals(key);
      return isItsKey ? undefined : misplaced;
    });
    this.#each('wills', 1, ({ key, value }) =>
      textKey(decodeWill(value).clientId ?? '').equals(key) ? undefined : misplaced,
    );
    this.#each('retained', 1, (row) => this.#retainedMessage(row));
    this.#sizes();
    this.#counters();
    return {
      records: this.#records,
      problems: this.#problems,
      findings: this.#findings,
      leftOver: this.#leftOver,
    };
  }

  /** @param check says what is wrong with a row; what it throws is wrong too. */
  #each(table: TableName, minKeyBytes: number, check: (row: Row) => string | undefined): void {
    for (const row of this.#environment.all(table)) {
      this.#records += 1;
      const what = row.key.length < minKeyBytes ? 'its key is too short' : faultOf(() => check(row));
      if (what !== undefined) this.#found(table, this.#nameOf(table, row.key), what);
    }
  }

  #subscription({ key, value }: Row): string | undefined {
    if (!this.#owners.has(ownerIn(key))) return ofNobody;
    const { filter } = decodeSubscription(value);
    if (!textKey(filter, key.subarray(0, ownerKeyBytes)).equals(key)) return misplaced;
    return topicFilterProblem(filter);
  }

  #queued({ key, value }: Row): string | undefined {
    this.#lastSequence = Math.max(this.#lastSequence, sequenceIn(key));
    const owner = this.#owners.get(ownerIn(key));
    if (owner === undefined) this.#leftOver += 1;
    else {
      owner.size.messages += 1;
      owner.size.bytes += messageHead(value).size;
    }
    const packet = decodeMessage(value);
    if (packet.cmd === 'pubrel')
      return owner !== undefined && !this.#environment.has('sent', key)
        ? 'the identifier of its PUBREL is missing'
        : undefined;
    return bytesOf(packet) === messageHead(value).size ? topicNameProblem(packet.topic) : wrongSize;
  }

  #sent({ key, value }: Row): string | undefined {
    if (value.length !== 2 || value.readUInt16BE(0) === 0) return 'it holds no packet identifier';
    if (!this.#owners.has(ownerIn(key))) return undefined;
    return this.#environment.has('queue', key) ? undefined : 'its message is missing';
  }

  #retainedMessage({ key, value }: Row): string | undefined {
    this.#retained.messages += 1;
    this.#retained.bytes += messageHead(value).size;
    const packet = decodeMessage(value);
    if (packet.cmd === 'pubrel') return 'it holds no message';
    if (!topicKey(packet.topic).equals(key)) return misplaced;
    return bytesOf(packet) === messageHead(value).size ? topicNameProblem(packet.topic) : wrongSize;
  }

  /** Only now the queues are counted. */
  #sizes(): void {
    this.#each('sizes', ownerKeyBytes, ({ key, value }) => {
      const owner = this.#owners.get(ownerIn(key));
      if (owner === undefined) return ofNobody;
      const problem = differs(decodeSize(value), owner.size);
      Object.assign(owner.size, emptySize()); // compared
      return problem;
    });
    for (const [number, { size }] of this.#owners)
      if (size.messages > 0)
        this.#found('sizes', this.#nameOf('sizes', ownerKey(number)), `${size.messages} messages are not counted`);
  }

  #counters(): void {
    const problem = faultOf(() => {
      const { owner, sequence } = numbersIn(this.#environment);
      if (owner <= Math.max(0, ...lastOf(this.#owners.keys()))) return 'numbers of sessions would be given twice';
      if (sequence <= this.#lastSequence) return 'numbers of messages would be given twice';
      return differs(retainedSizeIn(this.#environment), this.#retained);
    });
    if (problem !== undefined) this.#found('meta', 'counters', problem);
  }

  #nameOf(table: TableName, key: Buffer): string {
    const isOfOwner = ['owners', 'sizes', 'subscriptions', 'queue', 'sent'].includes(table);
    const owner = isOfOwner && key.length >= ownerKeyBytes ? this.#owners.get(ownerIn(key)) : undefined;
    const hex = key.subarray(0, 32).toString('hex');
    return owner === undefined ? hex : `${hex} of client "${owner.clientId}"`;
  }

  #found(table: TableName, record: string, what: string): void {
    this.#problems += 1;
    if (this.#findings.length < maxFindings) this.#findings.push({ table, record, what });
  }
}

const misplaced = 'it stands under the key of another record';
const ofNobody = 'its session is missing';
const wrongSize = 'its size is wrong';

/** Keys come in rising order. */
function lastOf(numbers: Iterable<number>): number[] {
  let last: number | undefined;
  for (const number of numbers) last = number;
  return last === undefined ? [] : [last];
}

function differs(said: Size, counted: Size): string | undefined {
  if (said.messages === counted.messages && said.bytes === counted.bytes) return undefined;
  return `it says ${said.messages} messages of ${said.bytes} bytes, and there are ${counted.messages} of ${counted.bytes}`;
}

function faultOf(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (cause) {
    if (cause instanceof StoreError) return faultIn(cause);
    return cause instanceof RangeError ? 'it ends too early' : String(cause);
  }
}
