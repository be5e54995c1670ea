import { describe, expect, test } from 'vitest';
import { type Case, hex, outcome, packet, section, text, u16 } from '../../test/support/packet-bytes.ts';
import { validatePacket } from './validate.ts';

const connect = packet(0x10, text('MQTT'), 4, 2, u16(60), text('a'));

describe.each([3, 4, 5] as const)('after CONNECT at protocol level %i', (version) => {
  const cases: Case[] = [
    ['PINGREQ is taken', hex('c000'), 'ok'],
    ['PINGREQ with flags is refused', hex('c100'), '81 MQTT-2.1.3-1'],
    ['PINGREQ with a body is refused', hex('c00100'), '81 2.1.4'],
    ['a second CONNECT is refused', connect, '82 MQTT-3.1.0-2'],
    ['CONNACK is refused', hex('20020000'), '82 2.1.2'],
    ['SUBACK is refused', hex('9003000100'), '82 2.1.2'],
    ['UNSUBACK is refused', hex('b0020001'), '82 2.1.2'],
    ['PINGRESP is refused', hex('d000'), '82 2.1.2'],
    ['packet type 0 is refused', hex('0000'), '81 2.1.2'],
    ['an empty frame is refused', Buffer.alloc(0), '81 2.1.2'],
  ];
  test.each(cases)('%s', (_name, frame, expected) => {
    expect(outcome(validatePacket(frame, version))).toBe(expected);
  });
});

test('AUTH without enhanced authentication is refused [MQTT-4.12.0-7]', () => {
  const frame = packet(0xf0, 0x18, section(0x15, text('m')));
  expect(outcome(validatePacket(frame, 5))).toBe('82 MQTT-4.12.0-7');
  expect(outcome(validatePacket(hex('f000'), 5))).toBe('82 MQTT-4.12.0-7');
  expect(outcome(validatePacket(hex('f100'), 5))).toBe('81 MQTT-2.1.3-1');
});

test.each([3, 4] as const)('packet type 15 is reserved at protocol level %i', (version) => {
  expect(outcome(validatePacket(hex('f000'), version))).toBe('81 2.1.2');
});
