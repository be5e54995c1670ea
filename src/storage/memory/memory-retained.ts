import type { StoredMessage } from '../../broker/store-port.ts';
import { bytesOf, detachPacket } from '../detach.ts';
import type { StoreDeps } from '../drop.ts';
import { emptySize, retainedFits, type Size } from '../limits.ts';
import type { StoreLimits } from '../schema.ts';
import { RetainedTree, type Steps } from './retained-tree.ts';

/** Expiring topics looked at with each message that is stored. */
const sweepStep = 2;
/** Messages of one page, and steps through the tree. */
const pagePackets = 512;
const pageSteps = 2_048;

/** The last retained message of each topic. */
export class MemoryRetained {
  /** What is retained. */
  readonly total: Size = emptySize();
  readonly #tree = new RetainedTree<StoredMessage>();
  /** Topics whose message expires; swept round-robin, so that topics nobody reads do not fill the store. */
  readonly #expiring = new Set<string>();
  readonly #limits: StoreLimits;
  readonly #deps: StoreDeps;

  constructor(limits: StoreLimits, deps: StoreDeps) {
    this.#limits = limits;
    this.#deps = deps;
  }

  /** Whether it may be kept; reports it where not. @throws StoreError store-full */
  fits(packet: StoredMessage): boolean {
    this.#sweep();
    const { topic, payload } = packet;
    return payload.length === 0 || retainedFits(topic, this.#more(packet), this.total, this.#limits, this.#deps);
  }

  /** Looks at no limit; an empty payload removes what is there. */
  put(packet: StoredMessage): void {
    const { topic, expiresAt } = packet;
    if (packet.payload.length === 0) {
      this.#delete(topic);
      return;
    }
    this.total.bytes += this.#more(packet).bytes;
    this.#tree.set(topic, detachPacket(packet));
    this.total.messages = this.#tree.size;
    if (expiresAt === undefined) this.#expiring.delete(topic);
    else this.#expiring.add(topic);
  }

  /** Copies of the messages whose topic matches, in pages, of which some are empty. */
  *pages(filter: string): Generator<Iterable<StoredMessage>, void> {
    const steps = this.#tree.match(filter);
    for (let isThrough = false; !isThrough; )
      yield this.#page(steps, () => {
        isThrough = true;
      });
  }

  *#page(steps: Steps<StoredMessage>, through: () => void): Generator<StoredMessage, void> {
    for (let left = pageSteps, room = pagePackets; left > 0 && room > 0; left -= 1) {
      const { done, value: packet } = steps.next();
      if (done === true) {
        through();
        return;
      }
      if (packet === undefined) continue;
      if (this.#isExpired(packet)) this.#expire(packet.topic);
      else {
        room -= 1;
        yield { ...packet };
      }
    }
  }

  /** What it adds to the total. */
  #more(packet: StoredMessage): Size {
    const before = this.#tree.get(packet.topic);
    return before === undefined
      ? { messages: 1, bytes: bytesOf(packet) }
      : { messages: 0, bytes: bytesOf(packet) - bytesOf(before) };
  }

  #isExpired({ expiresAt }: StoredMessage): boolean {
    return expiresAt !== undefined && expiresAt <= this.#deps.now();
  }

  #sweep(): void {
    let left = Math.min(sweepStep, this.#expiring.size);
    for (const topic of this.#expiring) {
      if (left === 0) return;
      left -= 1;
      const packet = this.#tree.get(topic);
      this.#expiring.delete(topic);
      if (packet === undefined) continue;
      if (this.#isExpired(packet)) this.#expire(topic);
      else this.#expiring.add(topic); // to the end of the line
    }
  }

  #expire(topic: string): void {
    this.#delete(topic);
    this.#deps.onDropped({ reason: 'expired', topic });
  }

  #delete(topic: string): void {
    const before = this.#tree.get(topic);
    if (before !== undefined) this.total.bytes -= bytesOf(before);
    this.#tree.delete(topic);
    this.total.messages = this.#tree.size;
    this.#expiring.delete(topic);
  }
}
