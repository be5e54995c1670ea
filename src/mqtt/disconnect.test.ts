import { describe, expect, test } from 'vitest';
import { type Case, hex, outcome, packet, section, text, u16, u32 } from '../../test/support/packet-bytes.ts';
import { parseDisconnect } from './disconnect.ts';
import { validatePacket } from './validate.ts';

const clientCodes = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];
const allCodes = Array.from({ length: 256 }, (_, code) => code);

describe.each([3, 4] as const)('a DISCONNECT of protocol level %i', (version) => {
  const cases: Case[] = [
    ['it is taken', hex('e000'), 'ok'],
    ['flags are refused (MQTT-3.14.1-1)', hex('e100'), '81 MQTT-2.1.3-1'],
    ['a reason code is excess', hex('e00100'), '81 2.1.4'],
  ];
  test.each(cases)('%s', (_name, frame, expected) => {
    expect(outcome(validatePacket(frame, version))).toBe(expected);
  });
});

describe('a DISCONNECT of MQTT 5', () => {
  const withProperties = (...parts: Parameters<typeof section>) => packet(0xe0, 0, section(...parts));
  const cases: Case[] = [
    ['nothing more is taken', hex('e000'), 'ok'],
    ['a reason code alone is taken', hex('e00100'), 'ok'],
    ['no properties are taken', withProperties(), 'ok'],
    ['flags are refused (MQTT-3.14.1-1)', hex('e200'), '81 MQTT-2.1.3-1'],
    ['Session Expiry is taken', withProperties(0x11, u32(0xffff_ffff)), 'ok'],
    ['Session Expiry twice is refused', withProperties(0x11, u32(1), 0x11, u32(1)), '82 2.2.2.2'],
    ['Session Expiry cut short is refused', withProperties(0x11, 0), '81 4.13.1'],
    ['Reason String is taken', withProperties(0x1f, text('bye')), 'ok'],
    ['Reason String twice is refused', withProperties(0x1f, text(''), 0x1f, text('')), '82 2.2.2.2'],
    ['User Properties may repeat', withProperties(0x26, text('a'), text(''), 0x26, text('a'), text('')), 'ok'],
    ['Server Reference from a client is refused', withProperties(0x1c, text('x')), '82 2.2.2.2'],
    ['Receive Maximum is refused', withProperties(0x21, u16(1)), '82 2.2.2.2'],
    ['an unknown property is refused', withProperties(0x7f), '81 2.2.2.2'],
    ['properties longer than the packet are refused', packet(0xe0, 0, 1), '81 2.2.2.1'],
    ['excess bytes are refused', packet(0xe0, 0, section(), 0), '81 2.1.4'],
  ];
  test.each(cases)('%s', (_name, frame, expected) => {
    expect(outcome(validatePacket(frame, 5))).toBe(expected);
  });

  test('only the reason codes of clients are taken [MQTT-3.14.2-1]', () => {
    const results = allCodes.map((code) => outcome(validatePacket(packet(0xe0, code), 5)));
    expect(results).toEqual(allCodes.map((code) => (clientCodes.includes(code) ? 'ok' : '82 MQTT-3.14.2-1')));
  });

  test('reason code and session expiry are read', () => {
    expect(parseDisconnect(hex('e000'), 5)).toEqual({ reasonCode: 0, sessionExpirySeconds: undefined });
    expect(parseDisconnect(packet(0xe0, 4), 5)).toEqual({ reasonCode: 4, sessionExpirySeconds: undefined });
    expect(parseDisconnect(withProperties(0x1f, text(''), 0x11, u32(77)), 5)).toEqual({
      reasonCode: 0,
      sessionExpirySeconds: 77,
    });
  });
});
