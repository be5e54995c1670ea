import { describe, expect, test } from 'vitest';
import { binary, type Case, hex, outcome, packet, section, text, u16, u32 } from '../../test/support/packet-bytes.ts';
import { validatePacket } from './validate.ts';

const kinds = [
  ['PUBACK', 0x40, '82 MQTT-3.4.2-1'],
  ['PUBREC', 0x50, '82 MQTT-3.5.2-1'],
  ['PUBREL', 0x62, '82 MQTT-3.6.2-1'],
  ['PUBCOMP', 0x70, '82 MQTT-3.7.2-1'],
] as const;
const receiptCodes = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const releaseCodes = [0x00, 0x92];
const allCodes = Array.from({ length: 256 }, (_, code) => code);

const check = (version: 3 | 4 | 5, cases: Case[]) =>
  test.each(cases)('%s', (_name, frame, expected) => {
    expect(outcome(validatePacket(frame, version))).toBe(expected);
  });

describe.each(kinds)('%s', (_name, first, badCode) => {
  describe.each([3, 4] as const)('of protocol level %i', (version) => {
    check(version, [
      ['a packet identifier is taken', packet(first, u16(1)), 'ok'],
      ['packet identifier 65535 is taken', packet(first, u16(65_535)), 'ok'],
      ['packet identifier 0 is refused', packet(first, u16(0)), '82 MQTT-2.2.1-3'],
      ['no packet identifier is refused', packet(first), '81 4.13.1'],
      ['half a packet identifier is refused', packet(first, 1), '81 4.13.1'],
      ['a reason code is excess', packet(first, u16(1), 0), '81 2.1.4'],
      ['an excess byte is refused', packet(first, u16(1), 0, 0), '81 2.1.4'],
    ]);
  });

  test.each([0, 1, 2, 3, 4, 8, 0xf].filter((flags) => flags !== (first & 0xf)))(
    'flags %i are refused [MQTT-2.1.3-1] [MQTT-3.6.1-1]',
    (flags) => {
      const frame = packet((first & 0xf0) | flags, u16(1));
      expect(outcome(validatePacket(frame, 4))).toBe('81 MQTT-2.1.3-1');
      expect(outcome(validatePacket(frame, 5))).toBe('81 MQTT-2.1.3-1');
    },
  );

  describe('of MQTT 5', () => {
    const withProperties = (...parts: Parameters<typeof section>) => packet(first, u16(1), 0, section(...parts));
    check(5, [
      ['a packet identifier alone is taken', packet(first, u16(1)), 'ok'],
      ['packet identifier 0 is refused', packet(first, u16(0), 0), '82 MQTT-2.2.1-3'],
      ['a reason code without properties is taken', packet(first, u16(1), 0), 'ok'],
      ['no properties are taken', withProperties(), 'ok'],
      ['Reason String is taken', withProperties(0x1f, text('why')), 'ok'],
      ['an empty Reason String is taken', withProperties(0x1f, text('')), 'ok'],
      ['Reason String twice is refused', withProperties(0x1f, text('a'), 0x1f, text('a')), '82 2.2.2.2'],
      ['Reason String that is not UTF-8 is refused', withProperties(0x1f, binary(hex('fe'))), '81 MQTT-1.5.4-1'],
      ['a cut Reason String is refused', withProperties(0x1f, u16(1)), '81 4.13.1'],
      ['User Properties may repeat', withProperties(0x26, text(''), text(''), 0x26, text(''), text('')), 'ok'],
      ['Session Expiry is refused', withProperties(0x11, u32(1)), '82 2.2.2.2'],
      ['Server Reference is refused', withProperties(0x1c, text('x')), '82 2.2.2.2'],
      ['an unknown property is refused', withProperties(0x7f), '81 2.2.2.2'],
      ['properties longer than the packet are refused', packet(first, u16(1), 0, 4, 0x1f), '81 2.2.2.1'],
      ['excess bytes are refused', packet(first, u16(1), 0, section(), 0), '81 2.1.4'],
    ]);

    test('only the reason codes of this packet are taken', () => {
      const allowed = badCode.includes('3.4') || badCode.includes('3.5') ? receiptCodes : releaseCodes;
      const results = allCodes.map((code) => outcome(validatePacket(packet(first, u16(1), code), 5)));
      expect(results).toEqual(allCodes.map((code) => (allowed.includes(code) ? 'ok' : badCode)));
    });
  });
});
