import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted5, connect5, granted5, open5, resumed5, subscribe5 } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

const taken = (name: string, connect: string): ProtocolCase => [name, `> ${connect}\n< ${accepted5}`];
/** A CONNECT that is answered with a reason code and the end of the connection. */
const refused = (name: string, connect: string, code: string): ProtocolCase => [
  name,
  `> ${connect}\n< 20 .. 00 ${code} { <reason> }\nclosed`,
];

describe('MQTT 5: a CONNECT that is taken', () => {
  protocolTests(port, [
    taken('the smallest, without properties [MQTT-3.1.4-5] [MQTT-3.2.0-1] [MQTT-2.2.2-1]', connect5('a')),
    taken('a client identifier of 23 bytes, digits and letters [MQTT-3.1.3-5]', connect5('0123456789abcdefghijklm')),
    taken('the other letters of the alphabet [MQTT-3.1.3-5]', connect5('nopqrstuvwxyzABCDEFGHIJ')),
    taken('the last capitals [MQTT-3.1.3-5]', connect5('KLMNOPQRSTUVWXYZ')),
    taken('a client identifier beyond ASCII', connect5('aé漢🙂')),
    taken('a password and no user name [MQTT-3.1.2-19]', connect5('a', '', '42', 's"password"')),
    taken('a user name and no password [MQTT-3.1.2-17]', connect5('a', '', '82', 's"user"')),
    taken(
      'will properties, topic and payload, user name and password, in this order [MQTT-3.1.3-1] [MQTT-3.1.2-9]',
      connect5('a', '', 'c6', '{ 18 00000000 } s"w" s"gone" s"user" s"password"'),
    ),
    taken('a will at QoS 1 [MQTT-3.1.2-12]', connect5('a', '', '0e', '00 s"w" s"gone"')),
    taken('a will at QoS 2 [MQTT-3.1.2-12]', connect5('a', '', '16', '00 s"w" s"gone"')),
    taken(
      'every will property',
      connect5(
        'a',
        '',
        '06',
        '{ 18 00000000 01 01 02 0000000a 03 s"text" 08 s"r" 09 0001 00 26 s"k" s"v" } s"w" s"gone"',
      ),
    ),
    taken('Session Expiry Interval 0', connect5('a', '11 00000000')),
    taken('Receive Maximum 1', connect5('a', '21 0001')),
    taken('Receive Maximum 65,535', connect5('a', '21 ffff')),
    taken('Maximum Packet Size 1,000', connect5('a', '27 000003e8')),
    taken('Topic Alias Maximum 0', connect5('a', '22 0000')),
    taken('Topic Alias Maximum 65,535', connect5('a', '22 ffff')),
    taken('Request Response Information 0 [MQTT-3.1.2-28]', connect5('a', '19 00')),
    taken('Request Response Information 1, though this broker has none', connect5('a', '19 01')),
    taken('Request Problem Information 0', connect5('a', '17 00')),
    taken('Request Problem Information 1', connect5('a', '17 01')),
    taken('User Properties, also of one name', connect5('a', '26 s"k" s"v" 26 s"k" s"v" 26 s"" s""')),
    taken(
      'all properties in an unusual order',
      connect5('a', '26 s"k" s"v" 22 0001 17 01 27 00010000 19 01 21 0010 11 00000000'),
    ),
  ]);
});

describe('MQTT 5: client identifiers', () => {
  protocolTests(port, [
    [
      'an empty one is replaced, and the client is told by what [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]',
      `> ${connect5('')}
       < 20 .. 00 00 { 21 0400 27 00100000 12 <text> 22 0020 }`,
    ],
    [
      'also with Clean Start 0 and a session that stays [MQTT-3.1.3-6]',
      `> ${connect5('', '11 0000003c', '00')}
       < 20 .. 00 00 { 21 0400 27 00100000 12 <text> 22 0020 }`,
    ],
    [
      'a newer connection under the same one ends the older: 0x8E [MQTT-3.1.4-3] [MQTT-3.1.3-2] [MQTT-4.13.2-1]',
      `old > ${connect5('taken')}
       old < ${accepted5}
       new > ${connect5('taken')}
       new < ${accepted5}
       old < e0 .. 8e { <reason> }
       old closed
       new quiet`,
    ],
    [
      'and goes on with its session where it may; DISCONNECT has no Session Expiry Interval [MQTT-3.14.2-2] [MQTT-3.1.4-3] [MQTT-3.1.2-5] [MQTT-3.2.2-3]',
      `old > ${connect5('taken2', '11 0000003c', '00')}
       old < ${accepted5}
       ${subscribe5('old', 'connect5/taken', '01')}
       new > ${connect5('taken2', '11 0000003c', '00')}
       new < ${resumed5}
       old < e0 .. 8e { <reason> }
       old closed
       ${open5('pub')}
       pub > 30 .. s"connect5/taken" 00 "x"
       new < 30 .. s"connect5/taken" 00 "x"`,
    ],
    [
      'or ends it with Clean Start [MQTT-3.1.2-4] [MQTT-3.1.4-4] [MQTT-3.2.2-2]',
      `old > ${connect5('taken3', '11 0000003c', '00')}
       old < ${accepted5}
       ${subscribe5('old', 'connect5/clean', '01')}
       new > ${connect5('taken3', '11 0000003c', '02')}
       new < ${accepted5}
       old < e0 .. 8e { <reason> }
       old closed
       ${open5('pub')}
       pub > 30 .. s"connect5/clean" 00 "x"
       pub quiet
       new quiet`,
    ],
  ]);
});

describe('MQTT 5: a CONNECT that is refused', () => {
  const foreign: readonly (readonly [string, string])[] = [
    ['Payload Format Indicator', '01 00'],
    ['Message Expiry Interval', '02 00000001'],
    ['Content Type', '03 s"t"'],
    ['Response Topic', '08 s"t"'],
    ['Correlation Data', '09 s"t"'],
    ['Subscription Identifier', '0b 01'],
    ['Assigned Client Identifier', '12 s"t"'],
    ['Server Keep Alive', '13 0001'],
    ['Will Delay Interval', '18 00000001'],
    ['Response Information', '1a s"t"'],
    ['Server Reference', '1c s"t"'],
    ['Reason String', '1f s"t"'],
    ['Topic Alias', '23 0001'],
    ['Maximum QoS', '24 01'],
    ['Retain Available', '25 01'],
    ['Wildcard Subscription Available', '28 01'],
    ['Subscription Identifier Available', '29 01'],
    ['Shared Subscription Available', '2a 01'],
  ];
  const twice: readonly (readonly [string, string])[] = [
    ['Session Expiry Interval', '11 00000001'],
    ['Receive Maximum', '21 0001'],
    ['Maximum Packet Size', '27 00000100'],
    ['Topic Alias Maximum', '22 0001'],
    ['Request Response Information', '19 01'],
    ['Request Problem Information', '17 01'],
    ['Authentication Method', '15 s"m"'],
    ['Authentication Data', '16 s"m"'],
  ];
  protocolTests(port, [
    ...foreign.map(([name, bytes]) =>
      refused(`${name} is no property of CONNECT: 0x82 [MQTT-3.1.4-1]`, connect5('a', bytes), '82'),
    ),
    ...twice.map(([name, bytes]) =>
      refused(`${name} twice: 0x82 [MQTT-3.1.4-1]`, connect5('a', `${bytes} ${bytes}`), '82'),
    ),
    refused('a property that does not exist: 0x81', connect5('a', '04 01'), '81'),
    refused('properties longer than the packet: 0x81', '10 .. 0004 "MQTT" 05 02 0000 7f', '81'),
    refused('a property cut short by its section: 0x81', connect5('a', '11 0000'), '81'),
    refused(
      'a property length in more bytes than it needs: 0x81 [MQTT-1.5.5-1]',
      '10 .. 0004 "MQTT" 05 02 0000 8000 s"a"',
      '81',
    ),
    refused(
      'a property length of five bytes: 0x81 [MQTT-1.5.5-1]',
      '10 .. 0004 "MQTT" 05 02 0000 8080808000 s"a"',
      '81',
    ),
    refused('Receive Maximum 0: 0x82', connect5('a', '21 0000'), '82'),
    refused('Maximum Packet Size 0: 0x82', connect5('a', '27 00000000'), '82'),
    refused('Request Response Information 2: 0x82', connect5('a', '19 02'), '82'),
    refused('Request Problem Information 2: 0x82', connect5('a', '17 02'), '82'),
    refused('Authentication Data without a method: 0x82', connect5('a', '16 s"m"'), '82'),
    refused('a User Property that is not UTF-8: 0x81 [MQTT-1.5.7-1]', connect5('a', '26 s"k" 0001 ff'), '81'),
    refused(
      'a User Property with U+0000 in its name: 0x81 [MQTT-1.5.7-1] [MQTT-1.5.4-2]',
      connect5('a', '26 0001 00 s"v"'),
      '81',
    ),
    refused('the reserved flag: 0x81 [MQTT-3.1.2-3]', connect5('a', '', '03'), '81'),
    refused('will QoS 3: 0x81 [MQTT-3.1.2-12]', connect5('a', '', '1e', '00 s"w" s"gone"'), '81'),
    refused('will QoS 1 without a will: 0x81 [MQTT-3.1.2-11]', connect5('a', '', '0a'), '81'),
    refused('Will Retain without a will: 0x81 [MQTT-3.1.2-13]', connect5('a', '', '22'), '81'),
    refused('a will without its fields: 0x81 [MQTT-3.1.2-9]', connect5('a', '', '06'), '81'),
    refused('a will without its payload: 0x81 [MQTT-3.1.2-9]', connect5('a', '', '06', '00 s"w"'), '81'),
    refused('Will Delay Interval twice: 0x82', connect5('a', '', '06', '{ 18 00000001 18 00000001 } s"w" s""'), '82'),
    refused('a property of CONNECT in the will: 0x82', connect5('a', '', '06', '{ 21 0001 } s"w" s""'), '82'),
    refused('Payload Format Indicator 2 in the will: 0x82', connect5('a', '', '06', '{ 01 02 } s"w" s""'), '82'),
    refused(
      'a will payload that is not the UTF-8 it claims to be: 0x99',
      connect5('a', '', '06', '{ 01 01 } s"w" 0001 ff'),
      '99',
    ),
    refused(
      'a will topic that is not UTF-8: 0x81 [MQTT-3.1.3-11] [MQTT-1.5.4-1]',
      connect5('a', '', '06', '00 0001 ff s""'),
      '81',
    ),
    refused('a wildcard in the will topic: 0x81 [MQTT-4.7.0-1]', connect5('a', '', '06', '00 s"w/#" s""'), '81'),
    refused('a user name flag without a user name: 0x81 [MQTT-3.1.2-17]', connect5('a', '', '82'), '81'),
    refused('a user name without its flag: 0x81 [MQTT-3.1.2-16]', connect5('a', '', '02', 's"user"'), '81'),
    refused('a password flag without a password: 0x81 [MQTT-3.1.2-19]', connect5('a', '', 'c2', 's"user"'), '81'),
    refused('a password without its flag: 0x81 [MQTT-3.1.2-18]', connect5('a', '', '82', 's"user" s"password"'), '81'),
    refused('a user name that is not UTF-8: 0x81 [MQTT-3.1.3-12]', connect5('a', '', '82', '0001 ff'), '81'),
    refused(
      'a client identifier that is not UTF-8: 0x81 [MQTT-3.1.3-4] [MQTT-1.5.4-1]',
      '10 .. 0004 "MQTT" 05 02 0000 00 0001 ff',
      '81',
    ),
    refused('U+0000 in the client identifier: 0x81 [MQTT-1.5.4-2]', '10 .. 0004 "MQTT" 05 02 0000 00 0001 00', '81'),
    refused('no client identifier: 0x81 [MQTT-3.1.3-3]', '10 .. 0004 "MQTT" 05 02 0000 00', '81'),
    ['flags in the fixed header: the connection ends [MQTT-2.1.3-1]', `> ${connect5('a').replace('10', '12')}\nclosed`],
    refused('level 6: 0x84 [MQTT-3.1.2-2]', '10 .. 0004 "MQTT" 06 02 0000 00 s"a"', '84'),
    ['another protocol name: the connection ends [MQTT-3.1.2-1]', '> 10 .. 0004 "MQTX" 05 02 0000 00 s"a"\nclosed'],
  ]);
  protocolTests(port, [
    [
      'what follows a refused CONNECT is not handled [MQTT-3.1.4-6]',
      `${open5('sub')}
       ${subscribe5('sub', 'connect5/refused')}
       pub > 10 .. 0004 "MQTT" 05 02 0000 { 21 0000 } s"a"
       pub > 30 .. s"connect5/refused" 00 "x"
       pub < 20 .. 00 82 { <reason> }
       pub closed
       sub quiet`,
    ],
    [
      'a packet that is refused before CONNACK is answered with CONNACK, not with DISCONNECT [MQTT-3.14.0-1]',
      `> ${connect5('a')} | 36 02 0000
       < 20 .. 00 81 { <reason> }
       closed`,
    ],
    [
      'a second CONNECT: DISCONNECT with 0x82, and no second CONNACK [MQTT-3.1.0-2] [MQTT-3.2.0-2] [MQTT-4.13.1-1]',
      `${open5('a')}
       a > ${connect5('a')}
       a < e0 .. 82 { <reason> }
       a closed`,
    ],
    [
      'an authentication method that is not known: 0x8C [MQTT-4.12.0-1] [MQTT-3.2.2-7] [MQTT-3.2.2-6]',
      `> ${connect5('a', '15 s"SCRAM-SHA-1"')}
       < 20 .. 00 8c { <reason> }
       closed`,
    ],
    [
      'a reason that would not fit into the Maximum Packet Size is left out [MQTT-3.2.2-19] [MQTT-3.1.2-24]',
      `> ${connect5('a', '27 00000010 15 s"GS2"')}
       < 20 03 00 8c 00
       closed`,
    ],
    [
      'a Session Expiry Interval above the limit is cut, and the client is told',
      `> ${connect5('expiry', '11 ffffffff')}
       < 20 .. 00 00 { 11 00093a80 ${granted5} }`,
    ],
  ]);
});
