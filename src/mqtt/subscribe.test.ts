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
} from '../../test/support/packet-bytes.ts';
import { validatePacket } from './validate.ts';

const check = (version: 3 | 4 | 5, cases: Case[]) =>
  test.each(cases)('%s', (_name, frame, expected) => {
    expect(outcome(validatePacket(frame, version))).toBe(expected);
  });

/** The cases of filters, which are the same in all versions. @param of one SUBSCRIBE for the filter */
const filterCases = (of: (filter: Buffer) => Buffer): Case[] => [
  ...[
    'a',
    '/',
    '//',
    'a/',
    '/a',
    '+',
    '#',
    '+/+',
    'a/+',
    'a/#',
    '+/#',
    '/#',
    'a//#',
    '$SYS/#',
    'ä/€',
    ' ',
    'a b/c',
  ].map((filter): Case => [`the filter "${filter}" is taken`, of(text(filter)), 'ok']),
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map(
    (filter): Case => [`the filter ${filter} alone is taken`, of(text(filter)), 'ok'],
  ),
  ...['$share/g/a', '$share/g/#', '$share/g/+/b', '$share/g//', '$share/ä/a', '$share', '$shared/+'].map(
    (filter): Case => [`the filter "${filter}" is taken`, of(text(filter)), 'ok'],
  ),
  ...['a#', '#a', '#/a', 'a/#/b', 'a/b#', '##', '$share/g/a#'].map(
    (filter): Case => [`the filter "${filter}" is refused`, of(text(filter)), '81 MQTT-4.7.1-1'],
  ),
  ...['a+', '+a', 'a/+b', 'a+/b', '++', 'a/b+/c', '$share/g/a+'].map(
    (filter): Case => [`the filter "${filter}" is refused`, of(text(filter)), '81 MQTT-4.7.1-2'],
  ),
  ['an empty filter is refused', of(text('')), '82 MQTT-4.7.3-1'],
  ['U+0000 in a filter is refused', of(binary(hex('610061'))), '81 MQTT-4.7.3-2'],
  ['a surrogate in a filter is refused', of(binary(hex('edbfbf'))), '81 MQTT-1.5.4-1'],
  ['an overlong form in a filter is refused', of(binary(hex('e080af'))), '81 MQTT-1.5.4-1'],
  ['an empty share name is refused', of(text('$share//a')), '81 MQTT-4.8.2-1'],
  ['a share name alone with its slash missing is refused', of(text('$share/g')), '81 MQTT-4.8.2-2'],
  ['a shared filter that is empty is refused', of(text('$share/g/')), '81 MQTT-4.8.2-2'],
  ['$share/ alone is refused', of(text('$share/')), '81 MQTT-4.8.2-1'],
  ['+ in a share name is refused', of(text('$share/g+/a')), '81 MQTT-4.8.2-2'],
  ['# in a share name is refused', of(text('$share/#/a')), '81 MQTT-4.8.2-2'],
  ['U+0000 in a share name is refused', of(text('$share/g\0/a')), '81 MQTT-4.7.3-2'],
  [
    'a share name that is not UTF-8 is refused',
    of(binary(join(Buffer.from('$share/'), 0xff, Buffer.from('/a')))),
    '81 MQTT-1.5.4-1',
  ],
  ['any number of levels is taken', of(text('/'.repeat(1_000))), 'ok'],
  ['any number of levels with share name is taken', of(text(`$share/g/${'/'.repeat(1_000)}`)), 'ok'],
  ['a filter of 65535 bytes is taken', of(text('a'.repeat(65_535))), 'ok'],
  ['a filter longer than the packet is refused', of(hex('000961')), '81 4.13.1'],
  ['half a filter length is refused', of(hex('00')), '81 4.13.1'],
];

describe.each([3, 4] as const)('a SUBSCRIBE of protocol level %i', (version) => {
  const subscribe = (...parts: Part[]) => packet(0x82, u16(1), ...parts);
  check(version, [
    ['QoS 0 is taken', subscribe(text('a'), 0), 'ok'],
    ['QoS 1 is taken', subscribe(text('a'), 1), 'ok'],
    ['QoS 2 is taken', subscribe(text('a'), 2), 'ok'],
    ['QoS 3 is refused', subscribe(text('a'), 3), '81 3.1.1 MQTT-3.8.3-4'],
    ...[4, 8, 16, 32, 64, 128].map(
      (bit): Case => [`bit ${bit} beside the QoS is refused`, subscribe(text('a'), bit), '81 3.1.1 MQTT-3.8.3-4'],
    ),
    ['several filters are taken', subscribe(text('a'), 0, text('b/#'), 1, text('a'), 2), 'ok'],
    ['no filter is refused', subscribe(), '82 MQTT-3.8.3-2'],
    ['a filter without its QoS is refused', subscribe(text('a')), '81 4.13.1'],
    ['a second filter without its QoS is refused', subscribe(text('a'), 0, text('b')), '81 4.13.1'],
    ['packet identifier 0 is refused', packet(0x82, u16(0), text('a'), 0), '82 MQTT-2.2.1-3'],
    ['a missing packet identifier is refused', packet(0x82), '81 4.13.1'],
    ['half a packet identifier is refused', packet(0x82, 0), '81 4.13.1'],
    ...[0, 1, 3, 6, 0xa].map(
      (flags): Case => [
        `flags ${flags} are refused (MQTT-3.8.1-1)`,
        packet(0x80 | flags, u16(1), text('a'), 0),
        '81 MQTT-2.1.3-1',
      ],
    ),
    ['__proto__ among several filters is taken', subscribe(text('a'), 0, text('__proto__'), 0), 'ok'],
    ['__proto__ before another filter is taken', subscribe(text('__proto__'), 0, text('a'), 0), 'ok'],
    ['__proto__ as a level is taken', subscribe(text('a'), 0, text('__proto__/a'), 0), 'ok'],
    ['other object keys among several filters are taken', subscribe(text('constructor'), 0, text('toString'), 0), 'ok'],
    ...filterCases((filter) => subscribe(filter, 0)).filter(([name]) => !name.startsWith('half')),
  ]);
});

describe('a SUBSCRIBE of MQTT 5', () => {
  const one = (options: number, filter = 'a') => packet(0x82, u16(1), section(), text(filter), options);
  const withProperties = (...parts: Part[]) => packet(0x82, u16(1), section(...parts), text('a'), 0);
  check(5, [
    ...[0, 1, 2, 4, 8, 0x0c, 0x10, 0x20, 0x2e].map(
      (options): Case => [`options ${options} are taken`, one(options), 'ok'],
    ),
    ['QoS 3 is refused', one(3), '82 3.8.3.1'],
    ['Retain Handling 3 is refused', one(0x30), '82 3.8.3.1'],
    ['reserved bit 6 is refused', one(0x40), '81 MQTT-3.8.3-5'],
    ['reserved bit 7 is refused', one(0x80), '81 MQTT-3.8.3-5'],
    ['No Local on a shared subscription is refused', one(4, '$share/g/a'), '82 MQTT-3.8.3-4'],
    ['Retain As Published on a shared subscription is taken', one(8, '$share/g/a'), 'ok'],
    ['No Local on $share without a group is taken', one(4, '$share'), 'ok'],
    ['no filter is refused', packet(0x82, u16(1), section()), '82 MQTT-3.8.3-2'],
    ['a filter without options is refused', packet(0x82, u16(1), section(), text('a')), '81 4.13.1'],
    ['a missing property length is refused', packet(0x82, u16(1)), '81 4.13.1'],
    ['packet identifier 0 is refused', packet(0x82, u16(0), section(), text('a'), 0), '82 MQTT-2.2.1-3'],
    ['Subscription Identifier 1 is taken', withProperties(0x0b, 1), 'ok'],
    ['Subscription Identifier 268435455 is taken', withProperties(0x0b, hex('ffffff7f')), 'ok'],
    ['Subscription Identifier 0 is refused', withProperties(0x0b, 0), '82 3.8.2.1.2'],
    ['Subscription Identifier twice is refused', withProperties(0x0b, 1, 0x0b, 2), '82 2.2.2.2'],
    ['Subscription Identifier of five bytes is refused', withProperties(0x0b, hex('8080808001')), '81 1.5.5'],
    ['a padded Subscription Identifier is refused', withProperties(0x0b, hex('8100')), '81 MQTT-1.5.5-1'],
    ['a cut Subscription Identifier is refused', withProperties(0x0b, 0x80), '81 4.13.1'],
    ['User Properties are taken', withProperties(0x26, text('a'), text('b'), 0x26, text('a'), text('b')), 'ok'],
    ['Reason String is refused', withProperties(0x1f, text('a')), '82 2.2.2.2'],
    ['Topic Alias is refused', withProperties(0x23, u16(1)), '82 2.2.2.2'],
    ['an unknown property is refused', withProperties(0x30, 1), '81 2.2.2.2'],
    ['properties longer than the packet are refused', packet(0x82, u16(1), 20, text('a'), 0), '81 2.2.2.1'],
    [
      '__proto__ among several filters is taken',
      packet(0x82, u16(1), section(), text('a'), 0, text('__proto__'), 0),
      'ok',
    ],
  ]);
});

describe.each([3, 4] as const)('an UNSUBSCRIBE of protocol level %i', (version) => {
  const unsubscribe = (...parts: Part[]) => packet(0xa2, u16(1), ...parts);
  check(version, [
    ['several filters are taken', unsubscribe(text('a'), text('b/#'), text('$share/g/c')), 'ok'],
    ['no filter is refused', unsubscribe(), '82 MQTT-3.10.3-2'],
    ['a QoS behind the filter is refused', unsubscribe(text('a'), 0), '81 4.13.1'],
    ['packet identifier 0 is refused', packet(0xa2, u16(0), text('a')), '82 MQTT-2.2.1-3'],
    ['a missing packet identifier is refused', packet(0xa2), '81 4.13.1'],
    ...[0, 1, 3, 6, 0xa].map(
      (flags): Case => [
        `flags ${flags} are refused (MQTT-3.10.1-1)`,
        packet(0xa0 | flags, u16(1), text('a')),
        '81 MQTT-2.1.3-1',
      ],
    ),
    ['__proto__ among several filters is taken', unsubscribe(text('__proto__'), text('a')), 'ok'],
    ['__proto__ twice is taken', unsubscribe(text('__proto__'), text('__proto__')), 'ok'],
    ...filterCases((filter) => unsubscribe(filter)),
  ]);
});

describe('an UNSUBSCRIBE of MQTT 5', () => {
  const withProperties = (...parts: Part[]) => packet(0xa2, u16(1), section(...parts), text('a'));
  check(5, [
    ['a filter is taken', withProperties(), 'ok'],
    ['User Properties are taken', withProperties(0x26, text('a'), text('b'), 0x26, text('a'), text('b')), 'ok'],
    ['Subscription Identifier is refused', withProperties(0x0b, 1), '82 2.2.2.2'],
    ['Reason String is refused', withProperties(0x1f, text('a')), '82 2.2.2.2'],
    ['an unknown property is refused', withProperties(0x7f), '81 2.2.2.2'],
    ['no filter is refused', packet(0xa2, u16(1), section()), '82 MQTT-3.10.3-2'],
    ['a missing property length is refused', packet(0xa2, u16(1)), '81 4.13.1'],
    ['packet identifier 0 is refused', packet(0xa2, u16(0), section(), text('a')), '82 MQTT-2.2.1-3'],
  ]);
});
