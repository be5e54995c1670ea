import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { hex } from '../support/packet-bytes.ts';
import { connackAccepted, connectA, rawClient } from '../support/raw-client.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

/** Each of these ends a process that runs the engine without our edge. */
const inputs: readonly (readonly [string, readonly string[]])[] = [
  ['UNSUBSCRIBE "toString"', ['100d00044d5154540402003c000178', 'a20c00010008746f537472696e67']],
  ['UNSUBSCRIBE "__proto__"', ['101000044d5154540400003c0004667a3235', 'a21100010002fffe00095f5f70726f746f5f5f']],
  ['client identifier "constructor"', ['101700044d5154540400000a000b636f6e7374727563746f72']],
  [
    'MQTT 5 PUBLISH QoS 1 with a Response Topic cut short',
    ['100e00044d5154540502000a00000178', '320b0005746f70696304d20108'],
  ],
  [
    'MQTT 5 PUBLISH QoS 0 with a Response Topic cut short',
    ['100e00044d5154540502000a00000178', '30090005746f7069630108'],
  ],
  [
    'MQTT 5 DISCONNECT with Session Expiry twice',
    ['101100044d5154540502003c000004667a3334', 'e00c000a11000000021100000002'],
  ],
  ['MQTT 5 CONNECT with Session Expiry twice', ['101800044d5154540502000a0a11000000021100000002000178']],
  ['PUBREL twice in one segment', ['100d00044d5154540402003c000178', '34080003642f7800096d', '6202000962020009']],
];

test.each(inputs)('%s costs at most its sender', async (_name, writes) => {
  await using sender = await rawClient(broker.port('mqtt'));
  for (const hex of writes) {
    sender.write(hex);
    await Promise.race([sender.receive(sender.received().length + 1).catch(() => undefined), sender.closed]);
  }
  await using other = await rawClient(broker.port('mqtt'));
  other.write(connectA);
  expect(await other.receive(4)).toEqual(hex(connackAccepted));
});
