import { describe, expect, test } from 'vitest';
import {
  binary,
  type Case,
  hex,
  join,
  outcome,
  packet,
  section,
  text,
  u16,
  u32,
  variable,
} from '../../test/support/packet-bytes.ts';
import { packetIdOf, parsePublish } from './publish.ts';
import { validatePacket } from './validate.ts';

const payload = Buffer.from('payload');
const topic = text('topic');
const badTopic = (digits: string) => packet(0x30, binary(hex(digits)), payload);
const deep = (levels: number) => text(Array.from({ length: levels }, () => 'a').join('/'));

describe.each([3, 4] as const)('a PUBLISH of protocol level %i', (version) => {
  const cases: Case[] = [
    ['QoS 0 is taken', packet(0x30, topic, payload), 'ok'],
    ['retain is taken', packet(0x31, topic, payload), 'ok'],
    ['an empty payload is taken', packet(0x31, topic), 'ok'],
    ['QoS 1 is taken', packet(0x32, topic, u16(1), payload), 'ok'],
    ['QoS 1 with DUP is taken', packet(0x3a, topic, u16(65_535), payload), 'ok'],
    ['QoS 2 is taken', packet(0x34, topic, u16(7)), 'ok'],
    ['QoS 2 with DUP and retain is taken', packet(0x3d, topic, u16(7)), 'ok'],
    ['QoS 3 is refused', packet(0x36, topic, u16(7), payload), '81 MQTT-3.3.1-4'],
    ['DUP at QoS 0 is refused', packet(0x38, topic, payload), '81 MQTT-3.3.1-2'],
    ['packet identifier 0 at QoS 1 is refused', packet(0x32, topic, u16(0), payload), '82 MQTT-2.2.1-3'],
    ['packet identifier 0 at QoS 2 is refused', packet(0x34, topic, u16(0), payload), '82 MQTT-2.2.1-3'],
    ['a missing packet identifier is refused', packet(0x32, topic), '81 4.13.1'],
    ['half a packet identifier is refused', packet(0x32, topic, 0), '81 4.13.1'],
    ['no body is refused', packet(0x30), '81 4.13.1'],
    ['half a topic length is refused', packet(0x30, 0), '81 4.13.1'],
    ['a topic longer than the packet is refused', packet(0x30, u16(6), hex('746f706963')), '81 4.13.1'],
    ['an empty topic is refused', packet(0x30, text(''), payload), '82 MQTT-4.7.3-1'],
    ['+ in the topic is refused', packet(0x30, text('a/+/b'), payload), '81 MQTT-3.3.2-2'],
    ['+ within a level is refused', packet(0x30, text('a+'), payload), '81 MQTT-3.3.2-2'],
    ['# in the topic is refused', packet(0x30, text('a/#'), payload), '81 MQTT-3.3.2-2'],
    ['U+0000 is refused', badTopic('610062'), '81 MQTT-4.7.3-2'],
    ['a surrogate is refused', badTopic('61eda080'), '81 MQTT-1.5.4-1'],
    ['a surrogate pair in six bytes is refused', badTopic('eda080edb080'), '81 MQTT-1.5.4-1'],
    ['an overlong slash is refused', badTopic('61c0af'), '81 MQTT-1.5.4-1'],
    ['an overlong U+0000 is refused', badTopic('c080'), '81 MQTT-1.5.4-1'],
    ['a character beyond U+10FFFF is refused', badTopic('f4908080'), '81 MQTT-1.5.4-1'],
    ['a cut character is refused', badTopic('61e282'), '81 MQTT-1.5.4-1'],
    ['a lone continuation byte is refused', badTopic('6180'), '81 MQTT-1.5.4-1'],
    ['0xFF is refused', badTopic('ff'), '81 MQTT-1.5.4-1'],
    ['U+2A6D4 is taken', badTopic('41f0aa9b94'), 'ok'],
    ['control characters are taken', badTopic('611f7fc29f'), 'ok'],
    ['a byte order mark is taken and kept (MQTT-1.5.4-3)', badTopic('efbbbf61'), 'ok'],
    ['blanks are taken', packet(0x30, text(' a b /c '), payload), 'ok'],
    ['empty levels are taken', packet(0x30, text('//'), payload), 'ok'],
    ['a topic that begins with $ is taken', packet(0x30, text('$SYS/x'), payload), 'ok'],
    ['any number of levels is taken', packet(0x30, deep(1_000)), 'ok'],
    ['a topic of 65535 bytes is taken', packet(0x30, text('a'.repeat(65_535))), 'ok'],
    ['a remaining length of three bytes is read', packet(0x30, topic, Buffer.alloc(20_000)), 'ok'],
    ['object keys are ordinary topics', packet(0x30, text('__proto__/constructor')), 'ok'],
  ];
  test.each(cases)('%s', (_name, frame, expected) => {
    expect(outcome(validatePacket(frame, version))).toBe(expected);
  });
});

describe('a PUBLISH of MQTT 5', () => {
  const withProperties = (...parts: Parameters<typeof section>) =>
    packet(0x32, topic, u16(1234), section(...parts), payload);
  const cases: Case[] = [
    ['no properties are taken', withProperties(), 'ok'],
    ['a missing property length is refused', packet(0x30, topic), '81 4.13.1'],
    ['properties longer than the packet are refused', packet(0x30, topic, 9, 1, 1), '81 2.2.2.1'],
    ['a property length of five bytes is refused', packet(0x30, topic, hex('8080808001')), '81 1.5.5'],
    ['a padded property length is refused', packet(0x30, topic, hex('8000'), payload), '81 MQTT-1.5.5-1'],
    ['an empty topic with an alias is taken', packet(0x30, text(''), section(0x23, u16(1)), payload), 'ok'],
    ['an empty topic without an alias is refused', packet(0x30, text(''), section(), payload), '82 3.3.2.1'],
    ['U+0000 in the topic is refused', packet(0x30, binary(hex('6100')), section()), '81 MQTT-4.7.3-2'],
    ['QoS 3 is refused', packet(0x36, topic, section()), '81 MQTT-3.3.1-4'],
    ['packet identifier 0 is refused', packet(0x32, topic, u16(0), section()), '82 MQTT-2.2.1-3'],

    ['Payload Format Indicator 0 is taken', withProperties(1, 0), 'ok'],
    ['Payload Format Indicator 1 is taken', withProperties(1, 1), 'ok'],
    ['Payload Format Indicator 2 is refused', withProperties(1, 2), '82 3.3.2.3.2'],
    ['Payload Format Indicator twice is refused', withProperties(1, 1, 1, 1), '82 2.2.2.2'],
    ['Payload Format Indicator without a value is refused', withProperties(1), '81 4.13.1'],
    ['a payload that is not the UTF-8 it says is refused', packet(0x30, topic, section(1, 1), 0xff), '99 3.3.2.3.2'],
    ['U+0000 in an UTF-8 payload is taken', packet(0x30, topic, section(1, 1), 0), 'ok'],
    ['any payload without an indicator is taken', packet(0x30, topic, section(1, 0), 0xff), 'ok'],
    ['Message Expiry 0 is taken', withProperties(2, u32(0)), 'ok'],
    ['Message Expiry 4294967295 is taken', withProperties(2, u32(0xffff_ffff)), 'ok'],
    ['Message Expiry twice is refused', withProperties(2, u32(1), 2, u32(1)), '82 2.2.2.2'],
    ['Message Expiry cut short is refused', withProperties(2, 0, 0, 0), '81 4.13.1'],
    ['Topic Alias 1 is taken', withProperties(0x23, u16(1)), 'ok'],
    ['Topic Alias 0 is refused', withProperties(0x23, u16(0)), '94 MQTT-3.3.2-8'],
    ['Topic Alias twice is refused', withProperties(0x23, u16(1), 0x23, u16(2)), '82 2.2.2.2'],
    ['Topic Alias cut short is refused', withProperties(0x23, 0), '81 4.13.1'],
    ['Response Topic is taken', withProperties(8, text('reply')), 'ok'],
    ['Response Topic with + is refused', withProperties(8, text('a/+')), '81 MQTT-3.3.2-14'],
    ['Response Topic with # is refused', withProperties(8, text('#')), '81 MQTT-3.3.2-14'],
    ['an empty Response Topic is refused', withProperties(8, text('')), '82 MQTT-4.7.3-1'],
    ['a deep Response Topic is taken', withProperties(8, deep(200)), 'ok'],
    ['Response Topic that is not UTF-8 is refused', withProperties(8, binary(hex('ff'))), '81 MQTT-1.5.4-1'],
    ['Response Topic with U+0000 is refused', withProperties(8, binary(hex('6100'))), '81 MQTT-1.5.4-2'],
    ['Response Topic twice is refused', withProperties(8, text('p'), 8, text('p')), '82 2.2.2.2'],
    ['Response Topic longer than the section is refused', withProperties(8, u16(2), 0x61), '81 4.13.1'],
    ['Correlation Data of any bytes is taken', withProperties(9, binary(hex('00ff'))), 'ok'],
    ['empty Correlation Data is taken', withProperties(9, binary(hex(''))), 'ok'],
    ['Correlation Data twice is refused', withProperties(9, u16(0), 9, u16(0)), '82 2.2.2.2'],
    [
      'User Properties may repeat (MQTT-3.3.2-18)',
      withProperties(0x26, text('k'), text('v'), 0x26, text('k'), text('v')),
      'ok',
    ],
    ['an empty User Property is taken', withProperties(0x26, text(''), text('')), 'ok'],
    ['User Property without a value is refused', withProperties(0x26, text('p')), '81 4.13.1'],
    [
      'a User Property key that is not UTF-8 is refused',
      withProperties(0x26, binary(hex('c0')), text('')),
      '81 MQTT-1.5.4-1',
    ],
    [
      'a User Property value that is not UTF-8 is refused (MQTT-1.5.7-1)',
      withProperties(0x26, text(''), binary(hex('c0'))),
      '81 MQTT-1.5.4-1',
    ],
    ['Content Type is taken', withProperties(3, text('text/plain')), 'ok'],
    ['Content Type twice is refused', withProperties(3, text('p'), 3, text('p')), '82 2.2.2.2'],

    ['Subscription Identifier from a client is refused (MQTT-3.3.4-6)', withProperties(0x0b, 1), '82 2.2.2.2'],
    ['a padded Subscription Identifier is refused', withProperties(0x0b, hex('8000')), '81 MQTT-1.5.5-1'],
    ['a Subscription Identifier of five bytes is refused', withProperties(0x0b, hex('8080808001')), '81 1.5.5'],
    ['Session Expiry is refused', withProperties(0x11, u32(1)), '82 2.2.2.2'],
    ['Will Delay is refused', withProperties(0x18, u32(1)), '82 2.2.2.2'],
    ['Assigned Client Identifier is refused', withProperties(0x12, text('p')), '82 2.2.2.2'],
    ['Authentication Method is refused', withProperties(0x15, text('p')), '82 2.2.2.2'],
    ['Reason String is refused', withProperties(0x1f, text('p')), '82 2.2.2.2'],
    ['Maximum QoS is refused', withProperties(0x24, 1), '82 2.2.2.2'],
    ['Receive Maximum is refused', withProperties(0x21, u16(5)), '82 2.2.2.2'],
    ['Maximum Packet Size cut short is refused as cut', withProperties(0x27), '81 4.13.1'],
    ['an identifier of two bytes is refused', withProperties(hex('8001'), 1), '81 2.2.2.2'],
  ];
  test.each(cases)('%s', (_name, frame, expected) => {
    expect(outcome(validatePacket(frame, 5))).toBe(expected);
  });

  const unknown = [0, 4, 5, 6, 7, 10, 12, 13, 14, 15, 16, 20, 27, 29, 30, 32, 43, 127, 255];
  test.each(unknown)('property %i, which does not exist, is refused', (id) => {
    expect(outcome(validatePacket(withProperties(id, 1), 5))).toBe('81 2.2.2.2');
  });
});

describe('what is read from a PUBLISH', () => {
  test('MQTT 3.1.1: the payload follows the packet identifier, there are no properties', () => {
    expect(parsePublish(packet(0x3b, text('ä/b'), u16(513), payload), 4)).toEqual({
      kind: 'publish',
      qos: 1,
      isDuplicate: true,
      isRetained: true,
      topic: 'ä/b',
      packetId: 513,
      propertiesStart: 10,
      payloadStart: 10,
      topicAlias: undefined,
    });
  });

  test('MQTT 5: the offsets tell properties from payload, whatever the size of the length fields', () => {
    const properties = join(3, text('x'.repeat(200)), 0x23, u16(300));
    const frame = packet(0x30, topic, variable(properties.length), properties, payload);
    const header = parsePublish(frame, 5);
    expect(header).toMatchObject({ qos: 0, packetId: 0, topic: 'topic', topicAlias: 300 });
    if (!('topic' in header)) return;
    expect(frame.subarray(header.propertiesStart, header.payloadStart)).toEqual(properties);
    expect(frame.subarray(header.payloadStart)).toEqual(payload);
  });

  test('the packet identifier is found in every packet that has one', () => {
    expect(packetIdOf(packet(0x40, u16(258)))).toBe(258);
    expect(packetIdOf(packet(0x82, u16(65_535), text('a'), 0))).toBe(65_535);
    expect(packetIdOf(packet(0x34, topic, u16(772)))).toBe(772);
    expect(packetIdOf(packet(0x30, topic, u16(772)))).toBe(0);
    expect(packetIdOf(hex('4000'))).toBe(0);
    expect(packetIdOf(hex('32020005'))).toBe(0);
  });
});
