import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packet, section, text, u16 } from '../../test/support/packet-bytes.ts';
import { encodeSuback, encodeUnsuback } from './encode-suback.ts';
import { readSubscribe, readUnsubscribe } from './read-subscribe.ts';
import { validatePacket } from './validate.ts';

const filter = fc.stringMatching(/^[a-zä/]{1,9}$/);
const options = fc.record({
  qos: fc.constantFrom(0, 1, 2),
  noLocal: fc.boolean(),
  retainAsPublished: fc.boolean(),
  retainHandling: fc.constantFrom(0, 1, 2),
});
const packetId = fc.integer({ min: 1, max: 65_535 });

test('a SUBSCRIBE of MQTT 5 is read as it was written [MQTT 5, 3.8]', () => {
  const requested = fc.tuple(filter, options).map(([name, some]) => ({ filter: name, ...some }));
  const identifier = fc.option(fc.constantFrom(1, 127), { nil: undefined });
  fc.assert(
    fc.property(packetId, fc.array(requested, { minLength: 1, maxLength: 9 }), identifier, (id, list, si) => {
      const frame = packet(
        0x82,
        u16(id),
        section(0x26, text('k'), text('v'), ...(si === undefined ? [] : [0x0b, si])),
        ...list.flatMap((one) => [
          text(one.filter),
          one.qos | (one.noLocal ? 4 : 0) | (one.retainAsPublished ? 8 : 0) | (one.retainHandling << 4),
        ]),
      );
      expect(validatePacket(frame, 5)).toBeUndefined();
      const read = readSubscribe(frame, 5);
      expect({ ...read, filters: [...read.filters] }).toEqual({
        packetId: id,
        identifier: si,
        count: list.length,
        filters: list,
      });
    }),
  );
});

test.each([3, 4] as const)('protocol level %i has a QoS and nothing else [3.1.1, 3.8]', (version) => {
  const {
    packetId: id,
    identifier,
    count,
    filters,
  } = readSubscribe(packet(0x82, u16(7), text('a'), 1, text('b'), 2), version);
  expect([id, identifier, count]).toEqual([7, undefined, 2]);
  const plain = { noLocal: false, retainAsPublished: false, retainHandling: 0 };
  expect([...filters]).toEqual([
    { filter: 'a', qos: 1, ...plain },
    { filter: 'b', qos: 2, ...plain },
  ]);
});

test.each([4, 5] as const)(
  'an UNSUBSCRIBE of protocol level %i is read as it was written [MQTT 5, 3.10]',
  (version) => {
    fc.assert(
      fc.property(packetId, fc.array(filter, { minLength: 1, maxLength: 9 }), (id, written) => {
        const frame = packet(0xa2, u16(id), ...(version === 5 ? [section()] : []), ...written.map((one) => text(one)));
        expect(validatePacket(frame, version)).toBeUndefined();
        const { packetId: readId, count, filters } = readUnsubscribe(frame, version);
        expect([readId, count, [...filters]]).toEqual([id, written.length, written]);
      }),
    );
  },
);

test.each([
  ['SUBACK of MQTT 5 [MQTT-3.9.3-1]', encodeSuback(5, 0x0102, Uint8Array.of(0, 2, 0x87)), '9006010200000287'],
  ['SUBACK before has one failure [3.1.1 MQTT-3.9.3-2]', encodeSuback(4, 1, Uint8Array.of(1, 0x97)), '900400010180'],
  ['UNSUBACK of MQTT 5 [MQTT-3.11.3-1]', encodeUnsuback(5, 1, Uint8Array.of(0, 0x11)), 'b0050001000011'],
  ['UNSUBACK before says nothing [3.1.1 MQTT-3.10.4-6]', encodeUnsuback(3, 1, Uint8Array.of(0, 0x11)), 'b0020001'],
])('%s', (_name, frame, expected) => {
  expect(frame.toString('hex')).toBe(expected);
});
