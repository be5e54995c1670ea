import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { memoryStore, startMemoryBroker } from '../../test/support/memory-broker.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Store, StoredWill } from './store-port.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A store that answers some turns of the event loop later than it is asked; what it does it does at once. */
function slowStore(turns: () => number): Store {
  const store = memoryStore();
  const slowly = async <T>(done: Promise<T>): Promise<T> => {
    for (let left = turns(); left > 0; left -= 1) await aTurn();
    return done;
  };
  return {
    ...store,
    session: (clientId) => slowly(store.session(clientId)),
    putSession: (session) => slowly(store.putSession(session)),
    endSession: (clientId) => slowly(store.endSession(clientId)),
    subscriptionsOf: (clientId) => slowly(store.subscriptionsOf(clientId)),
    putWill: (will) => slowly(store.putWill(will)),
    takeWill: (clientId) => slowly(store.takeWill(clientId)),
  };
}

/** Of the only client that has one. */
async function willOf(store: Store): Promise<StoredWill | undefined> {
  for await (const will of store.wills()) return will;
  return undefined;
}

const arrival = fc.record({
  version: fc.constantFrom(4 as const, 5 as const),
  isClean: fc.boolean(),
  hasWill: fc.boolean(),
  /** Turns of the event loop until the next comes. */
  pause: fc.nat({ max: 6 }),
  /** It goes away again before the next comes, accepted or not. */
  isGone: fc.boolean(),
});

test('whoever comes last under a client id is the one that is connected, however CONNECTs, closes and the store overlap [MQTT-3.1.4-3]', async () => {
  const arrivals = fc.array(arrival, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(arrivals, fc.infiniteStream(fc.nat({ max: 3 })), async (coming, random) => {
      const store = slowStore(() => random.next().value ?? 0);
      const broker = await startMemoryBroker({ store });
      const clients: WireClient[] = [];
      const connect = (version: 4 | 5, isClean: boolean, hasWill: boolean): Promise<unknown> => {
        const client = new WireClient(broker, version);
        clients.push(client);
        const will = { topic: 'will', payload: Buffer.from('w'), qos: 1, retain: false } as const;
        return client.connect('s', isClean, hasWill ? { will } : {});
      };
      for (const { version, isClean, hasWill, pause, isGone } of coming) {
        void connect(version, isClean, hasWill);
        for (let left = pause; left > 0; left -= 1) await aTurn();
        if (isGone) clients.at(-1)?.close();
      }
      await connect(4, false, true);
      const last = clients.at(-1)!;
      await expect.poll(() => clients.filter(({ closed }) => closed === undefined).length, { interval: 1 }).toBe(1);
      expect(last.closed).toBeUndefined();
      await last.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 1 }] }, 'suback');
      expect(await willOf(store)).toMatchObject({ topic: 'will' });
      last.close();
      await broker.publish({
        topic: 't',
        payload: Buffer.from('x'),
        qos: 1,
        retain: false,
        origin: { kind: 'broker' },
      });
      const back = new WireClient(broker, 4);
      expect(await back.connect('s', false)).toMatchObject({ sessionPresent: true });
      await expect.poll(() => back.seen.map(({ payload }) => payload), { interval: 1 }).toEqual(['x']);
      await broker.stop(signal);
    }),
    { numRuns: 60 },
  );
});

test('a client that leaves before it was accepted leaves no will and ends no session [MQTT-3.1.2-8]', async () => {
  const store = slowStore(() => 3);
  const broker = await startMemoryBroker({ store });
  const watcher = new WireClient(broker, 4);
  await watcher.connect('watcher', true);
  await watcher.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] }, 'suback');
  const first = new WireClient(broker, 4);
  await first.connect('s', false);
  const will = { topic: 'will', payload: Buffer.from('w'), qos: 1, retain: false } as const;
  for (let turns = 0; turns < 40; turns += 1) {
    const hasty = new WireClient(broker, 4);
    void hasty.connect('s', false, { will });
    for (let left = turns; left > 0; left -= 1) await aTurn();
    hasty.close();
    const wasAccepted = hasty.received.length > 0; // with what was on its way when it left
    const next = new WireClient(broker, 4);
    expect(await next.connect('s', false)).toMatchObject({ sessionPresent: true });
    expect(await willOf(store)).toBeUndefined();
    await watcher.settle();
    expect(watcher.seen.splice(0).length, `${turns} turns`).toBe(wasAccepted ? 1 : 0);
  }
  await broker.stop(signal);
});

test('a session does not end while its client is on the way back [MQTT-3.1.2-23]', async () => {
  const clock = fakeClock(1_000_000);
  const store = memoryStore();
  let answer: (() => void) | undefined;
  const broker = await startMemoryBroker({
    clock,
    store: {
      ...store,
      async subscriptionsOf(clientId) {
        if (isSlow) await new Promise<void>((resolve) => (answer = resolve));
        return store.subscriptionsOf(clientId);
      },
    },
  });
  let isSlow = false;
  const brief = { properties: { sessionExpiryInterval: 1 } };
  const before = new WireClient(broker, 5);
  await before.connect('s', false, brief);
  before.close();
  isSlow = true;
  const back = new WireClient(broker, 5);
  const accepted = back.connect('s', false, brief);
  await expect.poll(() => answer, { interval: 1 }).toBeDefined();
  clock.advance(5_000);
  await aTurn();
  answer?.();
  expect(await accepted).toMatchObject({ sessionPresent: true });
  expect(await store.session('s')).toBeDefined();
  await broker.stop(signal);
});
