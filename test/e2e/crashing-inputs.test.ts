import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guardedAccess, knownUser } from '../fuzz/guarded.ts';
import { startBroker, type TestBroker, testListeners } from '../support/broker.ts';
import { hex, join, text } from '../support/packet-bytes.ts';
import { connackAccepted, connectA, rawClient } from '../support/raw-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = await temporaryDirectory();
const brokers = new Map<string, TestBroker>();
beforeAll(async () => {
  const [mqtt] = testListeners;
  const listeners = [mqtt, { ...mqtt, name: 'users', authentication: ['password'] }];
  const access = await guardedAccess(directory.path, { isDear: false });
  brokers.set('open', await startBroker());
  brokers.set('guarded', await startBroker({ listeners, access }));
});
afterAll(async () => {
  for (const broker of brokers.values()) await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

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

const login = join(text(knownUser.name), text(knownUser.password));

/** A CONNECT of less than 128 bytes, with user name and password. */
function withLogin(connect: Uint8Array): Buffer {
  const [first = 0, length = 0, ...rest] = connect;
  const atFlags = 7; // behind the name and the level
  const flagged = rest.map((byte, index) => (index === atFlags ? byte | 0xc0 : byte));
  return join(first, length + login.length, Buffer.from(flagged), login);
}

/** Whom the broker knows, where, and how it comes. */
const ways = [
  { name: 'an open broker', broker: 'open', listener: 'mqtt', connect: hex },
  { name: 'a broker with passwords and rules, as nobody', broker: 'guarded', listener: 'mqtt', connect: hex },
  {
    name: 'a broker with passwords and rules, as a user',
    broker: 'guarded',
    listener: 'users',
    connect: (digits: string) => withLogin(hex(digits)),
  },
  {
    name: 'a listener that lets in users alone, without a password',
    broker: 'guarded',
    listener: 'users',
    connect: hex,
  },
];

describe.each(ways)('to $name', ({ broker: which, listener, connect }) => {
  test.each(inputs)('%s costs at most its sender', async (_name, [first = '', ...rest]) => {
    const port = brokers.get(which)?.port(listener) ?? 0;
    await using sender = await rawClient(port);
    for (const bytes of [connect(first), ...rest.map(hex)]) {
      sender.write(bytes);
      await Promise.race([sender.receive(sender.received().length + 1).catch(() => undefined), sender.closed]);
    }
    await using other = await rawClient(port);
    other.write(listener === 'users' ? withLogin(hex(connectA)) : hex(connectA));
    expect(await other.receive(4)).toEqual(hex(connackAccepted));
  });
});
