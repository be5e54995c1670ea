import fc from 'fast-check';
import { type IConnackPacket, type Packet, parser } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { type ConnackProperties, encodeConnack } from './encode-connack.ts';

const read = (frame: Buffer | undefined, protocolVersion: 4 | 5): IConnackPacket => {
  if (frame === undefined) throw new Error('no CONNACK');
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion });
  reader.on('packet', (packet: Packet) => void packets.push(packet));
  expect(reader.parse(frame)).toBe(0);
  const [packet] = packets;
  if (packet?.cmd !== 'connack') throw new Error('not one CONNACK');
  return packet;
};

test('MQTT 3.1.1 clients hear of the session and nothing else (3.1.1 MQTT-3.2.2-2)', () => {
  expect(encodeConnack(4, true, { receiveMaximum: 9 })?.toString('hex')).toBe('20020100');
  expect(encodeConnack(3, false, {})?.toString('hex')).toBe('20020000');
});

test('without anything to say the properties are empty', () => {
  expect(encodeConnack(5, false, {})?.toString('hex')).toBe('2003000000');
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
  reasonString: optional(text),
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
      expect(got.reasonString).toBe(said.reasonString);
    }),
  );
});

test('it is never larger than the client takes, says all that fits, and never leaves out its name and keep alive [MQTT-3.1.2-24]', () => {
  fc.assert(
    fc.property(properties, fc.integer({ min: 1, max: 300 }), (said, maximumPacketSize) => {
      const whole = encodeConnack(5, false, said);
      const frame = encodeConnack(5, false, said, maximumPacketSize);
      const { assignedClientId, serverKeepAliveSeconds } = said;
      const least = encodeConnack(5, false, { assignedClientId, serverKeepAliveSeconds });
      expect(frame === undefined).toBe((least?.length ?? 0) > maximumPacketSize);
      if (frame === undefined) return;
      expect(frame.length).toBeLessThanOrEqual(maximumPacketSize);
      expect(frame.equals(whole!)).toBe(whole!.length <= maximumPacketSize);
      const { properties: got = {} } = read(frame, 5);
      expect([got.assignedClientIdentifier, got.serverKeepAlive]).toEqual([assignedClientId, serverKeepAliveSeconds]);
    }),
  );
});
