import { expect, test } from 'vitest';
import {
  alice,
  bob,
  message,
  type OpenStore,
  openExchange,
  publish,
  queueOf,
  read,
  retain,
  sent,
  subscription,
} from './support.ts';

export function sessionCases(open: OpenStore): void {
  test('an open QoS 2 identifier is known until it is released [MQTT-4.3.3-10]', async () => {
    await using store = await open();
    expect(await store.isOpen({ clientId: alice, packetId: 4 })).toBe(false);
    await openExchange(store, alice, 4);
    expect(await store.isOpen({ clientId: alice, packetId: 4 })).toBe(true);
    expect(await store.isOpen({ clientId: bob, packetId: 4 })).toBe(false);
    await store.closeExchange({ clientId: alice, packetId: 4 });
    expect(await store.isOpen({ clientId: alice, packetId: 4 })).toBe(false);
  });

  test('releasing an identifier twice is no error', async () => {
    await using store = await open();
    await expect(store.closeExchange({ clientId: alice, packetId: 4 })).resolves.toBeUndefined();
  });

  test('the end of a session takes subscriptions, queue and open identifiers (GHSA-p8r9-qf8w-p73r)', async () => {
    await using store = await open();
    await store.subscribe(alice, [subscription('a')]);
    await publish(store, message('a'));
    await openExchange(store, alice, 4);
    await store.endSession(alice);
    expect(await store.subscriptionsOf(alice)).toEqual([]);
    expect(await queueOf(store)).toEqual([]);
    expect(await store.isOpen({ clientId: alice, packetId: 4 })).toBe(false);
  });

  test('a will is found, replaced and taken away by its client', async () => {
    await using store = await open();
    const { runId: _run, counter: _counter, dup: _dup, ...gone } = message('gone');
    await store.putWill({ ...message('before'), clientId: alice });
    await store.putWill({ ...gone, clientId: alice });
    const [will, ...more] = await read(store.wills());
    expect(more).toEqual([]);
    expect(will).toMatchObject({ topic: 'gone', clientId: 'alice', payload: Buffer.from('x'), qos: 1 });
    expect(await store.takeWill(alice)).toEqual(will);
    expect(await store.takeWill(alice)).toBeUndefined();
    expect(await read(store.wills())).toEqual([]);
  });

  test('the record of a session is kept and replaced, without subscriptions too [MQTT-3.2.2-3]', async () => {
    await using store = await open();
    const connected = { clientId: 'alice', principal: 'user "a"', trust: 'certificate:folder', expirySeconds: 60 };
    await store.putSession(connected);
    expect(await store.session(alice)).toEqual(connected);
    expect(await store.session(bob)).toBeUndefined();
    const away = { ...connected, expirySeconds: 4_294_967_295, disconnectedAt: 1_700_000_000_123 };
    await store.putSession(away);
    expect(await store.session(alice)).toEqual(away);
    await store.putSession({ clientId: 'bob', principal: '', expirySeconds: 1 });
    const all = (await read(store.sessions())).flat();
    expect(all.map(({ clientId }) => clientId).sort()).toEqual(['alice', 'bob']);
    expect(all.find(({ clientId }) => clientId === 'alice')).toEqual(away);
  });

  test('subscriptions and a queue do not make a session known, and its end takes the record', async () => {
    await using store = await open();
    await store.subscribe(alice, [subscription('a')]);
    await publish(store, message('a'));
    expect(await store.session(alice)).toBeUndefined();
    expect((await read(store.sessions())).flat()).toEqual([]);
    await store.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 5 });
    await store.endSession(alice);
    expect(await store.session(alice)).toBeUndefined();
    expect((await read(store.sessions())).flat()).toEqual([]);
  });

  test('a will stays when its session ends, with the time it is due [MQTT-3.1.2-4] [MQTT-3.1.3-9]', async () => {
    await using store = await open();
    const payload = Buffer.from([0, 255]);
    const properties = { willDelayInterval: 5, userPropertyList: [['k', 'v'] as const] };
    const will = { topic: 'gone', payload, qos: 2, retain: true, properties, publishAt: 1_700_000_000_123 } as const;
    await store.putWill({ ...will, clientId: alice });
    await store.endSession(alice);
    expect(await read(store.wills())).toMatchObject([{ ...will, clientId: 'alice' }]);
  });

  test('counts what it holds', async () => {
    await using store = await open();
    const empty = { sessions: 0, subscriptions: 0, queuedMessages: 0, queuedBytes: 0 };
    expect(store.stats()).toEqual({ ...empty, retainedMessages: 0, retainedBytes: 0 });
    await store.putSession({ clientId: 'alice', principal: 'p', expirySeconds: 5 });
    await store.subscribe(alice, [subscription('t'), subscription('u', 0)]);
    const packet = message('t', { payload: Buffer.alloc(9) });
    for (const one of [packet, message('t', { payload: Buffer.alloc(19) })]) await publish(store, one);
    await retain(store, message('kept', { payload: Buffer.alloc(6) }));
    await retain(store, message('kept', { payload: Buffer.alloc(96) }));
    expect(store.stats()).toEqual({
      sessions: 1,
      subscriptions: 2,
      queuedMessages: 2,
      queuedBytes: 30,
      retainedMessages: 1,
      retainedBytes: 100,
    });
    await sent(store, packet, 1);
    await store.settle(alice, 1);
    await retain(store, message('kept', { payload: Buffer.alloc(0) }));
    expect(store.stats()).toMatchObject({ queuedMessages: 1, queuedBytes: 20, retainedMessages: 0, retainedBytes: 0 });
    await store.endSession(alice);
    expect(store.stats()).toEqual({ ...empty, retainedMessages: 0, retainedBytes: 0 });
  });

  test('it can be stopped twice', async () => {
    const store = await open();
    await store.stop(AbortSignal.timeout(10_000));
    await expect(store.stop(AbortSignal.timeout(10_000))).resolves.toBeUndefined();
  });
}
