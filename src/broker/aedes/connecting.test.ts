import { expect, test } from 'vitest';
import { memoryStore, startMemoryBroker } from '../../../test/support/memory-broker.ts';
import { WireClient } from '../../../test/support/wire-client.ts';
import { StoreError } from '../../kernel/errors.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { Plane } from '../../plane/plane.ts';
import type { Store } from '../store-port.ts';

const away = (): Promise<never> => Promise.reject(new StoreError('store-unavailable', 'it does not answer'));
const full = (): Promise<never> => Promise.reject(new StoreError('store-full', 'it has no room'));
const will = { topic: 'will', payload: Buffer.from('w'), qos: 1, retain: false } as const;

test.each([
  ['end the session before it', { endSession: away }, {}, reasonCodes.serverUnavailable],
  ['look for the session before it', { session: away }, {}, reasonCodes.serverUnavailable],
  ['forget the will before it', { takeWill: away }, {}, reasonCodes.serverUnavailable],
  ['keep its will', { putWill: full }, { will }, reasonCodes.quotaExceeded],
] as const)(
  'where the store cannot %s a CONNECT is refused with its reason, and the client id is free again [MQTT-3.1.4-2]',
  async (_what, broken, options, reasonCode) => {
    const whole = memoryStore();
    const store: Store = { ...whole, ...broken };
    const broker = await startMemoryBroker({ store });
    const refused = new WireClient(broker, 5);
    expect(await refused.connect('s', true, options)).toMatchObject({ reasonCode });
    Object.assign(store, whole);
    const next = new WireClient(broker, 5);
    expect(await next.connect('s', true, options)).toMatchObject({ reasonCode: 0, sessionPresent: false });
    next.close();
    await broker.stop(AbortSignal.timeout(10_000));
  },
);

test('clients without a client id get one each, which MQTT 5 hears [MQTT-3.1.3-6] [MQTT-3.1.3-7]', async () => {
  const broker = await startMemoryBroker();
  const ids = new Set<unknown>();
  for (let index = 0; index < 3; index += 1) {
    const connack = await new WireClient(broker, 5).connect('', true);
    expect(connack).toMatchObject({ cmd: 'connack', reasonCode: 0 });
    if (connack.cmd === 'connack') ids.add(connack.properties?.assignedClientIdentifier);
  }
  expect(ids.size).toBe(3);
  expect([...ids].every((id) => typeof id === 'string' && id.length > 0)).toBe(true);
  await broker.stop(AbortSignal.timeout(10_000));
});

test.each([4, 5] as const)('the end of the broker ends its connections, MQTT %i', async (version) => {
  const broker = await startMemoryBroker();
  const client = new WireClient(broker, version);
  await client.connect('s', true);
  await broker.stop(AbortSignal.timeout(10_000));
  expect(client.closed).toBe('ended');
  const last = { cmd: 'disconnect', reasonCode: reasonCodes.serverShuttingDown }; // [MQTT-4.13.2]
  expect(client.received.at(-1)).toMatchObject(version === 5 ? last : { cmd: 'connack' });
});

test('a client that goes away while its session is being kept leaves no subscription of it behind', async () => {
  const whole = memoryStore();
  const plane = new Plane();
  let leave = (): void => undefined;
  const store: Store = {
    ...whole,
    putSession(session) {
      leave();
      return whole.putSession(session);
    },
  };
  const broker = await startMemoryBroker({ store, plane });
  const first = new WireClient(broker, 4);
  await first.connect('s', false);
  await first.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 1 }] }, 'suback');
  first.close();
  await expect.poll(() => plane.subscriptions, { interval: 1 }).toBe(0);

  const second = new WireClient(broker, 4);
  leave = () => second.close();
  void second.connect('s', false);
  await expect.poll(() => second.closed, { interval: 1 }).toBeDefined();
  leave = () => undefined;
  const third = new WireClient(broker, 4); // its turn comes when the second is through
  await third.connect('s', false);
  expect(plane.subscriptions).toBe(1);
  third.close();
  await expect.poll(() => plane.subscriptions, { interval: 1 }).toBe(0);
  await broker.stop(AbortSignal.timeout(10_000));
});
