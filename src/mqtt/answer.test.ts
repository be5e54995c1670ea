import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { type Packet, parser } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { hex } from '../../test/support/packet-bytes.ts';
import { connackRefusal, disconnectFor } from './answer.ts';
import { reasonCodes } from './reason-codes.ts';
import { refuse } from './refusal.ts';

const refusal = (reasonCode: number, message = '') => refuse(reasonCode, 'limit', message);

function read(bytes: Buffer | undefined): Packet[] {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion: 5 });
  reader.on('packet', (packet) => void packets.push(packet));
  reader.on('error', (error) => expect.unreachable(error.message));
  reader.parse(bytes ?? Buffer.alloc(0));
  return packets;
}

describe('CONNACK before MQTT 5', () => {
  test.each([
    ['an unknown protocol level', reasonCodes.unsupportedProtocolVersion, '20020001'],
    ['a client identifier', reasonCodes.clientIdentifierNotValid, '20020002'],
    ['a server that is not available', reasonCodes.serverUnavailable, '20020003'],
    ['a busy server', reasonCodes.serverBusy, '20020003'],
    ['a connection rate', reasonCodes.connectionRateExceeded, '20020003'],
    ['user name or password', reasonCodes.badUserNameOrPassword, '20020004'],
    ['missing rights', reasonCodes.notAuthorized, '20020005'],
    ['a ban', reasonCodes.banned, '20020005'],
  ])('%s has a return code [MQTT 3.1.1, 3.2.2.3]', (_name, code, expected) => {
    expect(connackRefusal(4, refusal(code, 'why'))).toEqual(hex(expected));
    expect(connackRefusal(3, refusal(code, 'why'))).toEqual(hex(expected));
  });

  test.each([reasonCodes.malformedPacket, reasonCodes.protocolError, reasonCodes.packetTooLarge])(
    'reason code %i gets no CONNACK [MQTT-3.1.4-1]',
    (code) => {
      expect(connackRefusal(4, refusal(code))).toBeUndefined();
    },
  );

  test('every CONNACK has a return code from 1 to 5', () => {
    for (let code = 0; code < 256; code += 1)
      expect([undefined, 1, 2, 3, 4, 5]).toContain(connackRefusal(4, refusal(code))?.[3]);
  });
});

describe('CONNACK of MQTT 5', () => {
  test('carries reason code and reason string', () => {
    expect(connackRefusal(5, refusal(0x81, 'no'))).toEqual(hex('20080081051f00026e6f'));
    expect(connackRefusal(5, refusal(0x87))).toEqual(hex('2003008700'));
  });

  test('says unspecified error for a code that CONNACK does not have', () => {
    expect(connackRefusal(5, refusal(reasonCodes.sessionTakenOver))).toEqual(hex('2003008000'));
  });

  test('leaves the reason out where the client takes no packet that long [MQTT-3.2.2-19]', () => {
    expect(connackRefusal(5, refusal(0x81, 'no'), 10)).toEqual(hex('20080081051f00026e6f'));
    expect(connackRefusal(5, refusal(0x81, 'no'), 9)).toEqual(hex('2003008100'));
  });
});

describe('DISCONNECT', () => {
  test('carries reason code and reason string', () => {
    expect(disconnectFor(refusal(0x82, 'no'), true)).toEqual(hex('e00782051f00026e6f'));
  });

  test('is three bytes without a reason string', () => {
    expect(disconnectFor(refusal(0x82, 'no'), false)).toEqual(hex('e00182'));
    expect(disconnectFor(refusal(0x82), true)).toEqual(hex('e00182'));
    expect(disconnectFor(refusal(0x82, 'no'), true, 8)).toEqual(hex('e00182'));
  });

  test('says unspecified error for a code that DISCONNECT does not have', () => {
    expect(disconnectFor(refusal(reasonCodes.clientIdentifierNotValid), false)).toEqual(hex('e00180'));
  });
});

test('any message becomes a reason string of at most 256 bytes that clients can read', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: 'binary', minLength: 100, maxLength: 300 }),
  );
  fc.assert(
    fc.property(texts, fc.constantFrom(0x81, 0x82, 0x95), (message, code) => {
      for (const bytes of [connackRefusal(5, refusal(code, message)), disconnectFor(refusal(code, message), true)]) {
        expect(bytes?.length).toBeLessThanOrEqual(270);
        const [packet] = read(bytes);
        expect(packet).toMatchObject({ reasonCode: code });
        const text =
          packet?.cmd === 'connack' || packet?.cmd === 'disconnect' ? packet.properties?.reasonString : undefined;
        const expected = Buffer.from(message.replaceAll('\0', ' ')).toString();
        const isCut = Buffer.byteLength(expected) > 256;
        expect(isCut ? expected.startsWith(text ?? '') : expected === (text ?? '')).toBe(true);
        expect(Buffer.byteLength(text ?? '')).toBeGreaterThanOrEqual(isCut ? 253 : 0);
        expect(isUtf8(Buffer.from(text ?? ''))).toBe(true);
      }
    }),
  );
});
