import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outgoing } from './outgoing.ts';
import { type Awaited, Window } from './window.ts';

const message = { topic: 'a', payload: Buffer.of(), qos: 1, retain: false, properties: undefined } as const;
const outgoing = (since: number): Outgoing => ({
  message: { ...message, origin: { kind: 'broker' } },
  delivery: { qos: 1, retain: false, identifiers: [] },
  bytes: 0,
  since,
});

/** A window, and the same as a map, which keeps the order by itself. */
class Pair {
  readonly window = new Window(65_535);
  readonly entries = new Map<number, { awaits: Awaited; kept: Outgoing | undefined }>();
  #last = 0;

  /** @returns whether both took the same identifier */
  take(awaits: Awaited, kept?: Outgoing): boolean {
    do this.#last = this.#last === 65_535 ? 1 : this.#last + 1;
    while (this.entries.has(this.#last));
    this.entries.set(this.#last, { awaits, kept });
    return this.window.take(awaits, kept) === this.#last;
  }

  set(packetId: number, awaits: Awaited): void {
    this.entries.set(packetId, { awaits, kept: undefined });
    this.window.set(packetId, awaits);
  }

  release(packetId: number): void {
    this.entries.delete(packetId);
    this.window.release(packetId);
  }

  releaseLast(): void {
    this.release(this.#last);
  }

  kept(): Outgoing[] {
    return Array.from(this.entries.values(), ({ kept }) => kept).filter((kept) => kept !== undefined);
  }

  /** @returns identifiers of which the two say something else */
  differences(): number[] {
    return Array.from({ length: 65_536 }, (_, packetId) => packetId).filter(
      (packetId) => this.window.get(packetId) !== this.entries.get(packetId)?.awaits,
    );
  }
}

/** @returns whether both did the same */
type Step = (pair: Pair) => boolean;
const times = (count: number, act: (index: number) => boolean): boolean =>
  Array.from({ length: count }, (_, index) => act(index)).every(Boolean);
const done = (act: (pair: Pair) => void): Step => {
  return (pair) => {
    act(pair);
    return true;
  };
};

const awaited = fc.constantFrom<Awaited>('puback', 'pubrec', 'pubcomp');
const some = fc.integer({ min: 1, max: 700 });
/** Near the ends of pages and of all identifiers as often as anywhere. */
const identifier = fc.oneof(
  fc.integer({ min: 1, max: 65_535 }),
  fc.integer({ min: 1, max: 12 }),
  fc.constantFrom(255, 256, 257, 511, 512, 65_279, 65_280, 65_534, 65_535),
);
const steps = fc.array(
  fc.oneof(
    fc.tuple(some, awaited).map(
      ([count, awaits]): Step =>
        (pair) =>
          times(count, () => pair.take(awaits)),
    ),
    some.map(
      (count): Step =>
        (pair) =>
          times(count, (index) => pair.take('puback', outgoing(index))),
    ),
    fc.tuple(identifier, awaited).map(([packetId, awaits]) => done((pair) => pair.set(packetId, awaits))),
    identifier.map((packetId) => done((pair) => pair.release(packetId))),
    some.map((count) => done((pair) => [...pair.entries.keys()].slice(0, count).forEach((id) => pair.release(id)))),
    // a client that answers each at once, until all identifiers have been used
    fc.integer({ min: 1, max: 66_000 }).map(
      (count): Step =>
        (pair) =>
          times(count, () => {
            const isSame = pair.take('puback');
            pair.releaseLast();
            return isSame;
          }),
    ),
  ),
  { maxLength: 12 },
);

test('packet identifiers under way are those of a map, whatever is taken, noted and released, and what is kept is in the order in which it was sent [MQTT-2.2.1-4]', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const pair = new Pair();
      for (const step of list) {
        expect(step(pair)).toBe(true);
        expect(pair.window.inUse).toBe(pair.entries.size);
        expect([...pair.window.kept()]).toEqual(pair.kept());
      }
      expect(pair.differences()).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('a window is full with as many under way as the Receive Maximum says, those of an earlier connection among them [MQTT-3.3.4-9]', () => {
  const window = new Window(2);
  window.set(40_000, 'pubcomp');
  expect(window.isFull).toBe(false);
  expect(window.take('puback')).toBe(1);
  expect(window.isFull).toBe(true);
  window.release(40_000);
  window.release(40_000);
  expect(window.inUse).toBe(1);
});
