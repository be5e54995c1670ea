import * as fc from 'fast-check';
import { type Packet, parser } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { validateAcknowledgement } from './acknowledgements.ts';
import { encodeAcknowledgement } from './encode-acknowledgement.ts';

const types = ['puback', 'pubrec', 'pubrel', 'pubcomp'] as const;

const readBack = (frame: Buffer, version: 3 | 4 | 5): Packet[] => {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion: version });
  reader.on('packet', (packet) => packets.push(packet));
  reader.parse(frame);
  return packets;
};

test.each([
  ['puback', 4, 0, '', '40021234'],
  ['pubrec', 4, 0, '', '50021234'],
  ['pubrel', 4, 0, '', '62021234'],
  ['pubcomp', 3, 0, '', '70021234'],
  ['puback', 4, 0x10, 'nobody', '40021234'],
  ['puback', 5, 0, '', '40021234'],
  ['puback', 5, 0x10, '', '4003123410'],
  ['pubrel', 5, 0x92, '', '6203123492'],
  ['pubrec', 5, 0x97, 'full', '500b123497071f000466756c6c'],
  ['puback', 5, 0, 'ok', '4009123400051f00026f6b'],
] as const)('%s for protocol level %i with code %i and reason "%s" is %s', (type, version, code, reason, expected) => {
  expect(encodeAcknowledgement(type, version, 0x1234, code, reason).toString('hex')).toBe(expected);
});

test('the Reason String is left out where the packet would be larger than the client takes (MQTT-3.4.2-2)', () => {
  const full = encodeAcknowledgement('puback', 5, 7, 0x97, 'the queue is full');
  expect(encodeAcknowledgement('puback', 5, 7, 0x97, 'the queue is full', full.length)).toEqual(full);
  const bare = encodeAcknowledgement('puback', 5, 7, 0x97, 'the queue is full', full.length - 1);
  expect(bare.toString('hex')).toBe('4003000797');
});

test('every acknowledgement is one that our own checks and mqtt-packet take, with what was said', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...types),
      fc.constantFrom(3 as const, 4 as const, 5 as const),
      fc.integer({ min: 1, max: 65_535 }),
      fc.boolean(),
      fc.string({ unit: 'binary', maxLength: 400 }),
      (type, version, packetId, isFailure, reason) => {
        const failure = type === 'pubrel' || type === 'pubcomp' ? 0x92 : 0x97;
        const code = isFailure ? failure : 0;
        const frame = encodeAcknowledgement(type, version, packetId, code, reason);
        expect(validateAcknowledgement(frame, version)).toBeUndefined();
        const [packet, ...others] = readBack(frame, version);
        expect(others).toEqual([]);
        const saysWhy = version === 5 && (isFailure || reason !== '');
        const said = { cmd: type, messageId: packetId };
        expect(packet).toMatchObject(saysWhy ? { ...said, reasonCode: code } : said);
        expect(frame.length > 4).toBe(saysWhy);
      },
    ),
  );
});
