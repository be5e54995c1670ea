import fc from 'fast-check';
import { type IConnackPacket, type Packet, parser } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { type ConnackProperties, encodeConnack } from './encode-connack.ts';

const read = (frame: Buffer, protocolVersion: 4 | 5): IConnackPacket => {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion });
  reader.on('packet', (packet: Packet) => void packets.push(packet));
  expect(reader.parse(frame)).toBe(0);
  const [packet] = packets;
  if (packet?.cmd !== 'connack') throw new Error('not one CONNACK');
  return packet;
};

test('MQTT 3.1.1 clients hear of the session and nothing else (3.1.1 MQTT-3.2.2-2)', () => {
  expect(encodeConnack(4, true, { receiveMaximum: 9 }).toString('hex')).toBe('20020100');
  expect(encodeConnack(3, false, {}).toString('hex')).toBe('20020000');
});

test('without anything to say the properties are empty', () => {
  expect(encodeConnack(5, false, {}).toString('hex')).toBe('2003000000');
});

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const twoBytes = fc.integer({ min: 1, max: 65_535 });
const fourBytes = fc.integer({ min: 1, max: 0xffff_ffff });
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
const properties: fc.Arbitrary<ConnackProperties> = fc.record({
  sessionExpirySeconds: optional(fourBytes),
  receiveMaximum: optional(twoBytes),
  maximumPacketSize: optional(fourBytes),
  assignedClientId: optional(text),
  topicAliasMaximum: optional(twoBytes),
  serverKeepAliveSeconds: optional(twoBytes),
  responseInformation: optional(text),
});

test('every property reads back as it was written', () => {
  fc.assert(
    fc.property(fc.boolean(), properties, (isPresent, said) => {
      const { sessionPresent, reasonCode, properties: got = {} } = read(encodeConnack(5, isPresent, said), 5);
      expect(sessionPresent).toBe(isPresent);
      expect(reasonCode).toBe(0);
      expect(got.sessionExpiryInterval).toBe(said.sessionExpirySeconds);
      expect(got.receiveMaximum).toBe(said.receiveMaximum);
      expect(got.maximumPacketSize).toBe(said.maximumPacketSize);
      expect(got.assignedClientIdentifier).toBe(said.assignedClientId);
      expect(got.topicAliasMaximum).toBe(said.topicAliasMaximum);
      expect(got.serverKeepAlive).toBe(said.serverKeepAliveSeconds);
      expect(got.responseInformation).toBe(said.responseInformation);
    }),
  );
});
