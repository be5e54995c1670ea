import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../kernel/clock.ts';
import { Slices } from '../../kernel/slices.ts';
import { silentTelemetry } from '../../kernel/telemetry-ports.ts';
import { TimerWheel } from '../../kernel/timer-wheel.ts';
import { encodeAcknowledgement } from '../../mqtt/encode-acknowledgement.ts';
import { parsePublish } from '../../mqtt/publish.ts';
import { isRefusal } from '../../mqtt/refusal.ts';
import type { Message, Qos } from '../../plane/message.ts';
import { createMemoryStore } from '../../storage/memory/memory-store.ts';
import { storeSchema } from '../../storage/schema.ts';
import { QueueKeys } from '../publish/queue-keys.ts';
import { Traffic } from '../traffic.ts';
import { Deliveries, type DeliverySession } from './deliveries.ts';
import type { Outgoing } from './outgoing.ts';

interface Sent {
  readonly packetId: number;
  readonly payload: string;
}

/** A client that takes everything and answers when told. */
function client(changes: Partial<DeliverySession> = {}, maxWaitingBytes = 1_000_000, now = () => 0) {
  const sent: Sent[] = [];
  const written: string[] = [];
  const failures: string[] = [];
  const rerouted: Outgoing[] = [];
  const deliveries = new Deliveries(
    {
      deliver(frame) {
        const packet = Buffer.from(frame);
        const header = parsePublish(packet, 4);
        if (isRefusal(header)) throw new Error(header.message);
        sent.push({ packetId: header.packetId, payload: packet.subarray(header.payloadStart).toString() });
        return true;
      },
      acknowledge: (type, version, packetId, reasonCode) =>
        void written.push(encodeAcknowledgement(type, version, packetId, reasonCode).toString('hex')),
      isCongested: () => false,
      holds: () => undefined,
      fail: (reason) => void failures.push(reason),
    },
    {
      store: createMemoryStore(storeSchema.parse({ type: 'memory' })),
      keys: new QueueKeys('run'),
      now,
      limits: { outboundBuffer: maxWaitingBytes },
      wheel: new TimerWheel(systemClock, { tickMs: 100 }),
      slices: new Slices(),
      pacing: { queuedMessages: 100, queuedBytes: 1_000_000, heldBytes: 1_000_000 },
      authorizer: { generation: 0, subscribe: () => undefined },
      held: { bytes: 0 },
      traffic: new Traffic(),
      telemetry: silentTelemetry,
      reroute: (open) => void rerouted.push(...open),
    },
  );
  deliveries.open({
    clientId: 'c',
    version: 4,
    isPersistent: false,
    bringsTopic: () => true,
    receiveMaximum: 65_535,
    topicAliasMaximum: 0,
    maximumPacketSize: undefined,
    ...changes,
  });
  return { deliveries, sent, written, failures, rerouted };
}

const message = (payload: string, qos: Qos = 1): Message => ({
  topic: 't',
  payload: Buffer.from(payload),
  qos,
  retain: false,
  origin: { kind: 'broker' },
});
const at = (qos: Qos) => ({ qos, retain: false, identifiers: [] });

test('no more than the Receive Maximum is under way, order is kept, and no identifier is used twice at a time (MQTT-3.3.4-9)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.boolean(), { maxLength: 300 }), (size, steps) => {
      const { deliveries, sent } = client({ receiveMaximum: size });
      let pushed = 0;
      let answered = 0;
      for (const isPush of steps) {
        if (isPush) deliveries.deliver(message(String(pushed++)), at(1));
        else if (answered < sent.length) deliveries.acknowledged(sent[answered++]?.packetId ?? 0);
        const open = sent.slice(answered).map(({ packetId }) => packetId);
        expect(open.length).toBeLessThanOrEqual(size);
        expect(new Set(open).size).toBe(open.length);
      }
      while (answered < sent.length) deliveries.acknowledged(sent[answered++]?.packetId ?? 0);
      expect(sent.map(({ payload }) => payload)).toEqual([...Array(pushed).keys()].map(String));
    }),
  );
});

test('identifiers go round from 65,535 to 1 and skip those in use (MQTT-2.2.1-4)', () => {
  const { deliveries, sent } = client();
  deliveries.deliver(message('first'), at(1));
  for (let count = 0; count < 65_535; count += 1) {
    deliveries.deliver(message('x'), at(1));
    deliveries.acknowledged(sent.at(-1)?.packetId ?? 0);
  }
  const used = sent.map(({ packetId }) => packetId);
  expect(used[0]).toBe(1);
  expect(used.slice(1)).not.toContain(1);
  expect(Math.max(...used.slice(60_000))).toBe(65_535);
  expect(used.at(-1)).toBe(2);
});

test('what waits for a client that does not acknowledge is bounded in bytes, then its connection ends', () => {
  const { deliveries, sent, failures } = client({ receiveMaximum: 1 }, 1_000);
  for (let count = 0; count < 5; count += 1) deliveries.deliver(message('x'.repeat(100)), at(1));
  expect(sent).toHaveLength(1);
  expect(failures).toHaveLength(2);
  expect(failures[0]).toMatch(/does not acknowledge: more than limits.outboundBuffer/);
});

test('a QoS 2 message is released when it was received, and holds its place until it is complete (MQTT-4.3.3-4, MQTT-4.9.0-1)', () => {
  const { deliveries, sent, written } = client({ receiveMaximum: 1 });
  deliveries.deliver(message('a', 2), at(2));
  deliveries.deliver(message('b', 2), at(2));
  expect(deliveries.received(1, false)).toBeUndefined();
  expect(written).toEqual(['62020001']);
  expect(sent.map(({ payload }) => payload)).toEqual(['a']);
  expect(deliveries.completed(1)).toBeUndefined();
  expect(sent.map(({ payload }) => payload)).toEqual(['a', 'b']);
});

test('a PUBREC that refuses ends the exchange, and none is released (MQTT-4.3.3-4)', () => {
  const { deliveries, sent, written } = client({ receiveMaximum: 1 });
  deliveries.deliver(message('a', 2), at(2));
  deliveries.deliver(message('b', 2), at(2));
  deliveries.received(1, true);
  expect(written).toEqual([]);
  expect(sent.map(({ payload }) => payload)).toEqual(['a', 'b']);
});

test('answers of another QoS are protocol errors, answers to nothing are not', () => {
  const { deliveries } = client();
  deliveries.deliver(message('a', 1), at(1));
  deliveries.deliver(message('b', 2), at(2));
  expect(deliveries.received(1, false)).toMatchObject({ reasonCode: 0x82 });
  expect(deliveries.acknowledged(2)).toMatchObject({ reasonCode: 0x82 });
  expect(deliveries.completed(2)).toMatchObject({ reasonCode: 0x82 });
  expect(deliveries.acknowledged(7)).toBeUndefined();
  expect(deliveries.completed(7)).toBeUndefined();
});

test('PUBREC for an identifier that is not in use is answered with 0x92 to an MQTT 5 client (MQTT 5, 3.6.2.1)', () => {
  const five = client({ version: 5 });
  five.deliveries.received(9, false);
  expect(five.written).toEqual(['6203000992']);
  const four = client();
  four.deliveries.received(9, false);
  expect(four.written).toEqual(['62020009']);
});

test('a message that waited is sent with what is left of its life, or not at all (MQTT-3.3.2-5, MQTT-3.3.2-6)', () => {
  let now = 0;
  const { deliveries, sent } = client({ receiveMaximum: 1 }, 1_000_000, () => now);
  deliveries.deliver(message('first'), at(1));
  deliveries.deliver({ ...message('short'), properties: { messageExpiryInterval: 5 } }, at(1));
  deliveries.deliver({ ...message('long'), properties: { messageExpiryInterval: 60 } }, at(1));
  now = 6_000;
  deliveries.acknowledged(sent[0]?.packetId ?? 0);
  expect(sent.map(({ payload }) => payload)).toEqual(['first', 'long']);
});

test('what comes for a member that is gone goes to another, but for what stands in its queue (MQTT 5, 4.8.2)', () => {
  const shared = { ...at(1), shared: ['$share/g/t'] };
  for (const [isPersistent, count] of [
    [false, 1],
    [true, 0],
  ] as const) {
    const { deliveries, rerouted } = client({ isPersistent });
    expect(deliveries.canKeep()).toBe(isPersistent);
    deliveries.close();
    expect(deliveries.canKeep()).toBe(false);
    deliveries.deliver(message('late'), shared);
    expect(rerouted).toHaveLength(count);
  }
});

test('what was not acknowledged of shared subscriptions is given back at the end, the rest is not', () => {
  const { deliveries, rerouted } = client({ receiveMaximum: 2 });
  deliveries.deliver(message('own'), at(1));
  deliveries.deliver(message('shared'), { ...at(1), shared: ['$share/g/t'] });
  deliveries.deliver(message('waiting'), { ...at(1), shared: ['$share/g/t'] });
  deliveries.close();
  expect(rerouted.map(({ message: { payload } }) => Buffer.from(payload).toString())).toEqual(['shared', 'waiting']);
});
