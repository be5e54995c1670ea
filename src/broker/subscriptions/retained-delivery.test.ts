import { expect, test } from 'vitest';
import { StoreError } from '../../kernel/errors.ts';
import { Slices } from '../../kernel/slices.ts';
import type { Delivery, Subscription } from '../../plane/plane.ts';
import type { RetainedPages, StoredMessage } from '../store-port.ts';
import { RetainedDelivery } from './retained-delivery.ts';
import { SubscriptionTable } from './subscription-table.ts';

const packet = (topic: string, changes: Partial<StoredMessage> = {}): StoredMessage => ({
  topic,
  payload: Buffer.from('x'),
  qos: 2,
  retain: true,
  ...changes,
});
type Granted = Pick<Subscription, 'qos' | 'identifier'>;
const subscription = (qos: 0 | 1 | 2, identifier?: number): Granted => ({ qos, identifier });

/** A client that takes `room` messages until it is asked to take more. */
class Client {
  room = Number.POSITIVE_INFINITY;
  isGone = false;
  now = 0;
  readonly got: string[] = [];
  /** Topics that were asked for. */
  readonly read: string[] = [];
  readonly subscriptions = new SubscriptionTable();
  readonly delivery: RetainedDelivery;
  #awaited: (() => void) | undefined;
  #told: () => void = () => undefined;

  /** @param pages what the store finds, whatever the filter */
  constructor(pages: readonly (readonly StoredMessage[])[] | (() => RetainedPages)) {
    const retained = (): RetainedPages => (typeof pages === 'function' ? pages() : this.#lazy(pages));
    this.delivery = new RetainedDelivery(this.subscriptions, {
      edge: {
        subscriber: {
          clientId: 'c',
          deliver: ({ topic, properties }, delivery) => this.#take(topic, properties?.messageExpiryInterval, delivery),
          canTake: () => this.room > 0,
          isGone: () => this.isGone,
        },
        whenRoom: (task) => {
          this.#awaited = task;
          this.#told();
        },
      },
      store: { retained },
      slices: new Slices(),
      now: () => this.now,
      failed: (error) => {
        this.got.push(String(error));
        this.#told();
      },
    });
  }

  /** Kept when it said so many things, or when it waits for room. */
  async until(count: number): Promise<string[]> {
    while (this.got.length < count && this.#awaited === undefined)
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
    return this.got;
  }

  has(filter: string, granted: Granted): void {
    this.subscriptions.restore(filter);
    const subscriber = { clientId: 'c', deliver: () => undefined };
    this.subscriptions.set({ filter, subscriber, noLocal: false, retainAsPublished: false, ...granted });
  }

  subscribe(filter: string, granted: Granted): void {
    this.has(filter, granted);
    this.delivery.changed(filter);
    this.delivery.add([filter]);
  }

  unsubscribe(filter: string): void {
    this.subscriptions.delete(filter);
    this.delivery.changed(filter);
  }

  take(room: number): void {
    const awaited = this.#awaited;
    this.#awaited = undefined;
    this.room = room;
    awaited?.();
  }

  #take(topic: string, expiry: number | undefined, { qos, retain, identifiers }: Delivery): void {
    this.room -= 1;
    const details = [topic, qos, retain ? 'retained' : '', ...identifiers, expiry === undefined ? '' : `${expiry} s`];
    this.got.push(details.filter((detail) => detail !== '').join(' '));
    this.#told();
  }

  *#lazy(pages: readonly (readonly StoredMessage[])[]): Generator<Iterable<StoredMessage>, void> {
    for (const page of pages) yield this.#page(page);
  }

  *#page(page: readonly StoredMessage[]): Generator<StoredMessage, void> {
    for (const each of page) {
      this.read.push(each.topic);
      yield each;
    }
  }
}

test('a message is not asked for before there is room for it', async () => {
  const client = new Client([[packet('a'), packet('b')], [packet('c')]]);
  client.room = 1;
  client.subscribe('#', subscription(0));
  expect(await client.until(3)).toEqual(['a 0 retained']);
  expect(client.read).toEqual(['a']);
  client.take(2);
  expect(await client.until(3)).toEqual(['a 0 retained', 'b 0 retained', 'c 0 retained']);
});

test('a subscription that comes while the client has no room waits for its turn', async () => {
  const client = new Client([[packet('a')]]);
  client.room = 0;
  client.subscribe('+', subscription(0, 1));
  await client.until(1);
  client.subscribe('#', subscription(0, 2));
  client.take(9);
  expect(await client.until(2)).toEqual(['a 0 retained 1', 'a 0 retained 2']);
});

test('the QoS is never above the highest granted by a filter that matches [MQTT-3.8.4-8]', async () => {
  const client = new Client([[packet('a'), packet('b'), packet('b', { qos: 0 })]]);
  client.has('b', subscription(2));
  client.has('$share/g/a', subscription(2));
  client.subscribe('+', subscription(1));
  expect(await client.until(3)).toEqual(['a 1 retained', 'b 2 retained', 'b 0 retained']);
});

test('after UNSUBSCRIBE nothing more of the filter is sent [MQTT-3.10.4-2]', async () => {
  const client = new Client([[packet('a'), packet('b')]]);
  client.room = 1;
  client.subscribe('+', subscription(1));
  await client.until(2);
  client.subscribe('#', subscription(0));
  client.unsubscribe('+');
  client.take(9);
  expect(await client.until(3)).toEqual(['a 1 retained', 'a 0 retained', 'b 0 retained']);
});

test('what is left of the life of a message is sent, and nothing that has none [MQTT-3.3.2-5] [MQTT-3.3.2-6]', async () => {
  const client = new Client([[packet('a', { expiresAt: 5_000 }), packet('b', { expiresAt: 9_500 }), packet('c')]]);
  client.now = 5_000;
  client.subscribe('#', subscription(0));
  expect(await client.until(2)).toEqual(['b 0 retained 5 s', 'c 0 retained']);
});

test('nothing is read for a client that is gone', async () => {
  const client = new Client([[packet('a'), packet('b')]]);
  client.room = 0;
  client.subscribe('#', subscription(0));
  await client.until(1);
  client.isGone = true;
  client.take(9);
  client.subscribe('a', subscription(0));
  await new Promise((resolve) => setImmediate(resolve));
  expect([client.got, client.read]).toEqual([[], []]);
});

test('a store that cannot be read ends the connection, as the client would miss them for good', async () => {
  const client = new Client(() => {
    throw new StoreError('store-unavailable', 'the store is not open');
  });
  client.subscribe('#', subscription(0));
  expect(await client.until(1)).toEqual([expect.stringContaining('the store is not open')]);
});
