import { describe, expect, test } from 'vitest';
import {
  binary,
  type Case,
  hex,
  join,
  outcome,
  type Part,
  packet,
  section,
  text,
  u16,
  u32,
} from '../../test/support/packet-bytes.ts';
import { parseConnect, passwordOf, requestedVersion } from './connect.ts';

const named = (name: string, level: number, flags: number, ...rest: Part[]) =>
  packet(0x10, text(name), level, flags, u16(60), ...rest);
const mqtt31 = (flags: number, ...rest: Part[]) => named('MQIsdp', 3, flags, ...rest);
const mqtt311 = (flags: number, ...rest: Part[]) => named('MQTT', 4, flags, ...rest);
const mqtt5 = (flags: number, ...rest: Part[]) => named('MQTT', 5, flags, ...rest);
const id = text('device-1');

const check = (cases: Case[]) =>
  test.each(cases)('%s', (_name, frame, expected) => {
    expect(outcome(parseConnect(frame))).toBe(expected);
  });

describe('the start of a CONNECT', () => {
  check([
    ['MQTT 3.1 is taken', mqtt31(2, id), 'ok'],
    ['MQTT 3.1.1 is taken', mqtt311(2, id), 'ok'],
    ['MQTT 5 is taken', mqtt5(2, section(), id), 'ok'],
    ['another packet first is refused', packet(0x30, text('a')), '82 MQTT-3.1.0-1'],
    ['flags in the fixed header are refused', join(0x11, mqtt311(2, id).subarray(1)), '81 MQTT-2.1.3-1'],
    ['another protocol name is refused', named('MQTX', 4, 2, id), '84 MQTT-3.1.2-1'],
    ['the protocol name in small letters is refused', named('mqtt', 4, 2, id), '84 MQTT-3.1.2-1'],
    ['an empty protocol name is refused', named('', 4, 2, id), '84 MQTT-3.1.2-1'],
    ['a protocol name that is not UTF-8 is refused', packet(0x10, binary(hex('ff')), 4), '81 MQTT-1.5.4-1'],
    ['level 3 of MQTT is refused', named('MQTT', 3, 2, id), '84 MQTT-3.1.2-2'],
    ['level 6 of MQTT is refused', named('MQTT', 6, 2, id), '84 MQTT-3.1.2-2'],
    ['level 0 of MQTT is refused', named('MQTT', 0, 2, id), '84 MQTT-3.1.2-2'],
    ['level 4 of MQIsdp is refused', named('MQIsdp', 4, 2, id), '84 MQTT-3.1.2-2'],
    ['the level of a bridge is taken', named('MQTT', 0x84, 2, id), 'ok'],
    ['the level of a bridge with MQTT 3.1 is taken', named('MQIsdp', 0x83, 2, id), 'ok'],
    [
      'the bit of a bridge is refused in MQTT 5, where subscriptions say what it says',
      named('MQTT', 0x85, 2, id),
      '84 MQTT-3.1.2-2',
    ],
    ['the reserved flag is refused', mqtt311(3, id), '81 MQTT-3.1.2-3'],
    ['the reserved flag of MQTT 3.1 is refused', mqtt31(3, id), '81 MQTT-3.1.2-3'],
    ['the reserved flag of MQTT 5 is refused', mqtt5(3, section(), id), '81 MQTT-3.1.2-3'],
    ['a will QoS without a will is refused', mqtt311(0x0a, id), '81 MQTT-3.1.2-11'],
    ['Will Retain without a will is refused', mqtt311(0x22, id), '81 MQTT-3.1.2-13'],
    ['will QoS 3 is refused', mqtt311(0x1e, id, text('w'), text('x')), '81 MQTT-3.1.2-12'],
    ['a password without a user name is refused in MQTT 3.1.1', mqtt311(0x42, id, text('p')), '81 3.1.1 MQTT-3.1.2-22'],
    ['a password without a user name is refused in MQTT 3.1', mqtt31(0x42, id, text('p')), '81 3.1.1 MQTT-3.1.2-22'],
    ['a password without a user name is taken in MQTT 5', mqtt5(0x42, section(), id, text('p')), 'ok'],
    ['no body is refused', hex('1000'), '81 4.13.1'],
    ['a cut protocol name is refused', packet(0x10, u16(4), hex('4d51')), '81 4.13.1'],
    ['a missing level is refused', packet(0x10, text('MQTT')), '81 4.13.1'],
    ['missing flags are refused', packet(0x10, text('MQTT'), 4), '81 4.13.1'],
    ['half a keep alive is refused', packet(0x10, text('MQTT'), 4, 2, 0), '81 4.13.1'],
  ]);
});

describe('the payload of a CONNECT', () => {
  check([
    ['a missing client identifier is refused (MQTT-3.1.3-3)', mqtt311(2), '81 4.13.1'],
    ['a client identifier longer than the packet is refused', mqtt311(2, u16(9), hex('61')), '81 4.13.1'],
    [
      'a client identifier that is not UTF-8 is refused (MQTT-3.1.3-4)',
      mqtt311(2, binary(hex('80'))),
      '81 MQTT-1.5.4-1',
    ],
    ['a client identifier with U+0000 is refused', mqtt311(2, binary(hex('6100'))), '81 MQTT-1.5.4-2'],
    ['a client identifier with a surrogate is refused', mqtt311(2, binary(hex('edbfbf'))), '81 MQTT-1.5.4-1'],
    ['an empty client identifier is taken with clean session (MQTT-3.1.3-6)', mqtt311(2, text('')), 'ok'],
    ['an empty client identifier is refused without clean session', mqtt311(0, text('')), '85 3.1.1 MQTT-3.1.3-8'],
    ['an empty client identifier is refused in MQTT 3.1', mqtt31(2, text('')), '85 3.1.1 MQTT-3.1.3-8'],
    ['an empty client identifier is taken in MQTT 5', mqtt5(0, section(), text('')), 'ok'],
    ['a client identifier of more than 23 bytes is taken in MQTT 3.1', mqtt31(2, text('x'.repeat(100))), 'ok'],
    ['a client identifier of 65535 bytes is taken', mqtt311(2, text('x'.repeat(65_535))), 'ok'],
    ['wildcards in a client identifier are taken', mqtt311(2, text('+/#')), 'ok'],
    ['excess bytes are refused', mqtt311(2, id, 0), '81 2.1.4'],
    ['a user name without its flag is excess', mqtt311(2, id, text('u')), '81 2.1.4'],
    ['excess bytes in MQTT 5 are refused', mqtt5(2, section(), id, 0), '81 2.1.4'],
    ['user name and password are taken', mqtt311(0xc2, id, text('u'), binary(hex('00ff'))), 'ok'],
    ['an empty user name and password are taken', mqtt311(0xc2, id, text(''), text('')), 'ok'],
    ['a user name alone is taken', mqtt311(0x82, id, text('u')), 'ok'],
    ['a missing user name is refused', mqtt311(0x82, id), '81 4.13.1'],
    ['a missing password is refused', mqtt311(0xc2, id, text('u')), '81 4.13.1'],
    [
      'a user name that is not UTF-8 is refused (MQTT-3.1.3-11)',
      mqtt311(0x82, id, binary(hex('ff'))),
      '81 MQTT-1.5.4-1',
    ],
    ['a user name with U+0000 is refused', mqtt311(0x82, id, binary(hex('00'))), '81 MQTT-1.5.4-2'],
    ['a password longer than the packet is refused', mqtt311(0xc2, id, text('u'), u16(1)), '81 4.13.1'],
  ]);
});

describe.each([
  ['MQTT 3.1', mqtt31, []],
  ['MQTT 3.1.1', mqtt311, []],
  ['MQTT 5', (flags: number, ...rest: Part[]) => mqtt5(flags, section(), ...rest), [section()]],
] as const)('the will of %s', (_name, connect, properties) => {
  const will = (flags: number, ...rest: Part[]) => connect(flags, id, ...properties, ...rest);
  check([
    ['QoS 0 is taken', will(0x06, text('w'), text('bye')), 'ok'],
    ['QoS 2 with retain is taken', will(0x36, text('w/x'), text('bye')), 'ok'],
    ['an empty payload is taken', will(0x06, text('w'), text('')), 'ok'],
    ['any payload bytes are taken', will(0x06, text('w'), binary(hex('00ff'))), 'ok'],
    ['a missing topic is refused (MQTT-3.1.2-9)', will(0x06), '81 4.13.1'],
    ['a missing payload is refused (MQTT-3.1.2-9)', will(0x06, text('w')), '81 4.13.1'],
    ['an empty topic is refused', will(0x06, text(''), text('')), '82 MQTT-4.7.3-1'],
    ['+ in the topic is refused', will(0x06, text('a/+'), text('')), '81 MQTT-3.3.2-2'],
    ['# in the topic is refused', will(0x06, text('#'), text('')), '81 MQTT-3.3.2-2'],
    [
      'a topic that is not UTF-8 is refused (MQTT-3.1.3-11)',
      will(0x06, binary(hex('c0')), text('')),
      '81 MQTT-1.5.4-1',
    ],
    ['U+0000 in the topic is refused', will(0x06, binary(hex('00')), text('')), '81 MQTT-4.7.3-2'],
    ['excess bytes are refused', will(0x06, text('w'), text(''), 1), '81 2.1.4'],
  ]);
});

describe('the properties of a will', () => {
  const will = (...parts: Part[]) => mqtt5(0x06, section(), id, section(...parts), text('w'), binary(hex('ff')));
  check([
    [
      'all of them are taken',
      will(0x18, u32(9), 1, 0, 2, u32(9), 3, text('t'), 8, text('r'), 9, text('c'), 0x26, text(''), text('')),
      'ok',
    ],
    ['Will Delay twice is refused', will(0x18, u32(1), 0x18, u32(1)), '82 2.2.2.2'],
    ['Will Delay cut short is refused', will(0x18, 0), '81 4.13.1'],
    ['Payload Format Indicator 2 is refused', will(1, 2), '82 3.3.2.3.2'],
    ['a payload that is not the UTF-8 it says is refused', will(1, 1), '99 3.3.2.3.2'],
    ['Response Topic with a wildcard is refused', will(8, text('+')), '81 MQTT-3.3.2-14'],
    ['Topic Alias is refused', will(0x23, u16(1)), '82 2.2.2.2'],
    ['Session Expiry is refused', will(0x11, u32(1)), '82 2.2.2.2'],
    ['Subscription Identifier is refused', will(0x0b, 1), '82 2.2.2.2'],
    ['an unknown property is refused', will(0x7f, 1), '81 2.2.2.2'],
    ['a missing section is refused', mqtt5(0x06, section(), id), '81 4.13.1'],
    ['a section longer than the packet is refused', mqtt5(0x06, section(), id, 5), '81 2.2.2.1'],
  ]);
});

describe('the properties of a CONNECT', () => {
  const connect = (...parts: Part[]) => mqtt5(2, section(...parts), id);
  const fourByte = [
    [0x11, 'Session Expiry'],
    [0x27, 'Maximum Packet Size'],
  ] as const;
  check(
    fourByte.flatMap(([at, name]): Case[] => [
      [`${name} is taken`, connect(at, u32(1)), 'ok'],
      [`${name} 4294967295 is taken`, connect(at, u32(0xffff_ffff)), 'ok'],
      [`${name} twice is refused`, connect(at, u32(1), at, u32(1)), '82 2.2.2.2'],
      [`${name} cut short is refused`, connect(at, 0, 0, 0), '81 4.13.1'],
    ]),
  );
  const twoByte = [
    [0x21, 'Receive Maximum'],
    [0x22, 'Topic Alias Maximum'],
  ] as const;
  check(
    twoByte.flatMap(([at, name]): Case[] => [
      [`${name} 65535 is taken`, connect(at, u16(65_535)), 'ok'],
      [`${name} twice is refused`, connect(at, u16(1), at, u16(1)), '82 2.2.2.2'],
      [`${name} cut short is refused`, connect(at, 0), '81 4.13.1'],
    ]),
  );
  const flag = [
    [0x17, 'Request Problem Information', '82 3.1.2.11.7'],
    [0x19, 'Request Response Information', '82 3.1.2.11.6'],
  ] as const;
  check(
    flag.flatMap(([at, name, expected]): Case[] => [
      [`${name} 0 is taken`, connect(at, 0), 'ok'],
      [`${name} 1 is taken`, connect(at, 1), 'ok'],
      [`${name} 2 is refused`, connect(at, 2), expected],
      [`${name} twice is refused`, connect(at, 0, at, 0), '82 2.2.2.2'],
      [`${name} without a value is refused`, connect(at), '81 4.13.1'],
    ]),
  );
  check([
    ['Session Expiry 0 is taken', connect(0x11, u32(0)), 'ok'],
    ['Receive Maximum 0 is refused', connect(0x21, u16(0)), '82 3.1.2.11.3'],
    ['Maximum Packet Size 0 is refused', connect(0x27, u32(0)), '82 3.1.2.11.4'],
    ['Topic Alias Maximum 0 is taken', connect(0x22, u16(0)), 'ok'],
    ['Authentication Method with data is taken', connect(0x15, text('m'), 0x16, binary(hex('00'))), 'ok'],
    ['Authentication Data before its method is taken', connect(0x16, u16(0), 0x15, text('m')), 'ok'],
    ['Authentication Data without a method is refused', connect(0x16, u16(0)), '82 3.1.2.11.10'],
    ['Authentication Method twice is refused', connect(0x15, text('m'), 0x15, text('m')), '82 2.2.2.2'],
    ['Authentication Method that is not UTF-8 is refused', connect(0x15, binary(hex('ff'))), '81 MQTT-1.5.4-1'],
    ['User Properties may repeat', connect(0x26, text('a'), text('b'), 0x26, text('a'), text('b')), 'ok'],
    ['a cut User Property is refused', connect(0x26, text('a')), '81 4.13.1'],
    ['Will Delay outside the will is refused', connect(0x18, u32(1)), '82 2.2.2.2'],
    ['Assigned Client Identifier is refused', connect(0x12, text('x')), '82 2.2.2.2'],
    ['Server Keep Alive is refused', connect(0x13, u16(1)), '82 2.2.2.2'],
    ['Maximum QoS is refused', connect(0x24, 1), '82 2.2.2.2'],
    ['Reason String is refused', connect(0x1f, text('x')), '82 2.2.2.2'],
    ['a missing section is refused', mqtt5(2), '81 4.13.1'],
    ['a section longer than the packet is refused', mqtt5(2, 40, id), '81 2.2.2.1'],
  ]);
});

describe('what is read from a CONNECT', () => {
  const plain = { receiveMaximum: 65_535, maximumPacketSize: undefined, topicAliasMaximum: 0 };
  test('MQTT 3.1.1: the clean session flag decides how long the session lives', () => {
    expect(parseConnect(mqtt311(2, id))).toMatchObject({
      ...plain,
      version: 4,
      isCleanStart: true,
      sessionExpirySeconds: 0,
    });
    expect(parseConnect(mqtt31(0, id))).toMatchObject({
      version: 3,
      isCleanStart: false,
      sessionExpirySeconds: 4_294_967_295,
    });
  });

  test('MQTT 5: everything, and the defaults of what is left out', () => {
    const properties = section(
      0x11,
      u32(3_000_000_000),
      0x21,
      u16(7),
      0x27,
      u32(1_000),
      0x22,
      u16(9),
      0x17,
      0,
      0x19,
      1,
      0x15,
      text('SCRAM'),
      0x26,
      text('site'),
      text('north'),
      0x26,
      text('site'),
      text('south'),
    );
    const frame = mqtt5(0xec, properties, id, section(), text('gone'), text('bye'), text('ann'), text('secret'));
    expect(parseConnect(frame)).toEqual({
      version: 5,
      isBridge: false,
      clientId: 'device-1',
      isCleanStart: false,
      keepAliveSeconds: 60,
      username: 'ann',
      passwordBytes: 6,
      will: { topic: 'gone', qos: 1, isRetained: true, payloadBytes: 3, userProperties: [] },
      sessionExpirySeconds: 3_000_000_000,
      receiveMaximum: 7,
      maximumPacketSize: 1_000,
      topicAliasMaximum: 9,
      wantsProblemInformation: false,
      wantsResponseInformation: true,
      authenticationMethod: 'SCRAM',
      userProperties: [
        ['site', 'north'],
        ['site', 'south'],
      ],
    });
    expect(passwordOf(frame, { passwordBytes: 6 })).toEqual(Buffer.from('secret'));
    expect(parseConnect(mqtt5(0, section(), id))).toEqual({
      ...plain,
      version: 5,
      isBridge: false,
      clientId: 'device-1',
      isCleanStart: false,
      keepAliveSeconds: 60,
      username: undefined,
      passwordBytes: undefined,
      will: undefined,
      sessionExpirySeconds: 0,
      wantsProblemInformation: true,
      wantsResponseInformation: false,
      authenticationMethod: undefined,
      userProperties: [],
    });
  });

  test.each([
    ['MQIsdp', 3, 3],
    ['MQIsdp', 9, 3],
    ['MQTT', 4, 4],
    ['MQTT', 3, 4],
    ['MQTT', 0x84, 4],
    ['MQTT', 5, 5],
    ['MQTT', 6, 5],
    ['MQTT', 0x7f, 5],
    ['HTTP', 4, undefined],
  ] as const)('a refusal of %s level %i is written for level %s (MQTT-3.1.2-2)', (name, level, expected) => {
    expect(requestedVersion(packet(0x10, text(name), level))).toBe(expected);
  });

  test('no dialect can be told from other packets and from cut ones', () => {
    expect(requestedVersion(packet(0x10, text('MQTT')))).toBeUndefined();
    expect(requestedVersion(packet(0x30, text('MQTT'), 4))).toBeUndefined();
    expect(requestedVersion(Buffer.alloc(0))).toBeUndefined();
  });
});
