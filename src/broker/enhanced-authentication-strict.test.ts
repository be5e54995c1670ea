import fc from 'fast-check';
import { generate, type Packet, parser } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { startMemoryBroker } from '../../test/support/memory-broker.ts';
import { memoryLink } from '../../test/support/memory-link.ts';
import { hex, join } from '../../test/support/packet-bytes.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Authenticator } from './ports.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const method = 'two';

/** Asks twice, and lets in who answers "first" and "second". */
const twice: Authenticator = {
  serves: (_peer, name) => name === method,
  authenticate: ({ exchange }) =>
    exchange === undefined
      ? { kind: 'accept', principal: 'plain', trust: 'test' }
      : async () => {
          const answers = [await exchange.ask(Buffer.from('1')), await exchange.ask(Buffer.from('2'))];
          const isRight = answers.map((one) => Buffer.from(one ?? '').toString()).join() === 'first,second';
          return isRight
            ? { kind: 'accept', principal: 'ann', trust: 'test' }
            : { kind: 'reject', code: 'bad-credentials', reason: 'no' };
        },
};

const bytesOf = (packet: Packet): Buffer => generate(packet, { protocolVersion: 5 });
const auth = (reasonCode: number, data: string, name = method): Buffer =>
  bytesOf({
    cmd: 'auth',
    reasonCode,
    properties: { authenticationMethod: name, authenticationData: Buffer.from(data) },
  });
const connect = bytesOf({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 5,
  clean: true,
  keepalive: 0,
  clientId: 'a',
  properties: { authenticationMethod: method },
});
const publish = { cmd: 'publish', topic: 't', payload: 'x', retain: false, dup: false } as const;
const right = [auth(0x18, 'first'), auth(0x18, 'second')] as const;

/** What a client may say in its exchange: right and wrong, in place and out of it. */
const said = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...right) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      auth(0x19, 'first'),
      auth(0x18, 'wrong'),
      auth(0x18, 'first', 'other'),
      bytesOf({ ...publish, qos: 0 }),
      bytesOf({ ...publish, qos: 1, messageId: 1 }),
      bytesOf({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] }),
      bytesOf({ cmd: 'pingreq' }),
      bytesOf({ cmd: 'disconnect' }),
      connect,
      hex('f000'),
      hex('f00118'),
      hex('f0021800'),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...right), fc.nat(), fc.nat(255))
      .map(([bytes, at, value]) => Buffer.from(bytes.with(at % bytes.length, value))),
  },
);

function packetsIn(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  const incoming = parser({ protocolVersion: 5 });
  incoming.on('packet', (packet: Packet) => packets.push(packet));
  incoming.parse(bytes);
  return packets;
}

test('whatever a client says in its exchange, it is let in by the right answers alone, and hurts nobody', async () => {
  const broker = await startMemoryBroker({ authenticator: twice });
  const other = new WireClient(broker, 5);
  await other.connect('other', true);
  await other.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 1 }] }, 'suback');
  await fc.assert(
    fc.asyncProperty(fc.array(said, { maxLength: 5 }), fc.boolean(), async (packets, isOneWrite) => {
      const link = memoryLink();
      broker.accept(link);
      const writes = isOneWrite ? [join(connect, ...packets)] : [connect, ...packets];
      for (const bytes of writes) {
        if (link.closed === undefined) link.receive(bytes);
        await other.settle(); // a turn for the exchange, and the other client is served
      }
      const received = packetsIn(link.sent());
      const isRight = !isOneWrite && right.every((bytes, index) => packets[index]?.equals(bytes) === true);
      expect(received.some((packet) => packet.cmd === 'connack' && packet.reasonCode === 0)).toBe(isRight);
      expect(received.filter(({ cmd }) => cmd === 'connack').length).toBeLessThan(2);
      expect(isRight || received.every(({ cmd }) => cmd === 'auth' || cmd === 'connack')).toBe(true);
      expect(isRight || other.seen.length === 0).toBe(true);
      other.seen.splice(0);
      link.destroy('over');
    }),
    { numRuns: 300 },
  );
  await broker.stop(signal);
});
