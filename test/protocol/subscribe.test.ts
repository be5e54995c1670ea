import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { open4, open5, subscribe4, subscribe5, terse } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('MQTT 3.1.1: a SUBSCRIBE that ends the connection', () => {
  const refused = (name: string, packet: string): ProtocolCase => [name, `${open4('a')}\na > ${packet}\na closed`];
  protocolTests(port, [
    ...['80', '81', '83', '84', '86', '8a'].map((first) =>
      refused(`first byte 0x${first} [3.1.1 MQTT-3.8.1-1] [3.1.1 MQTT-2.2.2-2]`, `${first} .. 0001 s"t" 00`),
    ),
    refused('packet identifier 0 [3.1.1 MQTT-2.3.1-1]', '82 .. 0000 s"t" 00'),
    refused('no packet identifier', '82 00'),
    refused('no topic filter [3.1.1 MQTT-3.8.3-3]', '82 02 0001'),
    refused('a topic filter without its QoS [3.1.1 MQTT-3.8.3-3]', '82 .. 0001 s"t"'),
    refused('a second filter cut short', '82 .. 0001 s"t" 00 0003 "a"'),
    refused('QoS 3 [3.1.1 MQTT-3.8.3-4]', '82 .. 0001 s"t" 03'),
    ...['04', '08', '10', '20', '40', '80'].map((options) =>
      refused(`reserved bit 0x${options} beside the QoS [3.1.1 MQTT-3.8.3-4]`, `82 .. 0001 s"t" ${options}`),
    ),
    refused('an empty filter [3.1.1 MQTT-4.7.3-1]', '82 .. 0001 0000 00'),
    refused('a filter that is not UTF-8 [3.1.1 MQTT-3.8.3-1] [3.1.1 MQTT-1.5.3-1]', '82 .. 0001 0001 ff 00'),
    refused('U+0000 in a filter [3.1.1 MQTT-4.7.3-2]', '82 .. 0001 0001 00 00'),
    refused('# within a level [3.1.1 MQTT-4.7.1-2]', '82 .. 0001 s"a#" 00'),
    refused('# before the end [3.1.1 MQTT-4.7.1-2]', '82 .. 0001 s"#/a" 00'),
    refused('+ within a level [3.1.1 MQTT-4.7.1-3]', '82 .. 0001 s"a+" 00'),
    refused('+ before more of its level [3.1.1 MQTT-4.7.1-3]', '82 .. 0001 s"+a/b" 00'),
    refused('one bad filter among good ones', '82 .. 0001 s"a" 00 s"b#" 00'),
  ]);
});

describe('MQTT 5: a SUBSCRIBE that ends the connection', () => {
  const refused = (name: string, packet: string, code: string): ProtocolCase => [
    name,
    `${open5('a', terse)}\na > ${packet}\na < e0 01 ${code}\na closed`,
  ];
  protocolTests(port, [
    ...['80', '81', '83', '86', '8a'].map((first) =>
      refused(`first byte 0x${first}: 0x81 [MQTT-3.8.1-1] [MQTT-2.1.3-1]`, `${first} .. 0001 00 s"t" 00`, '81'),
    ),
    refused('packet identifier 0: 0x82 [MQTT-2.2.1-3]', '82 .. 0000 00 s"t" 00', '82'),
    refused('no property length: 0x81', '82 02 0001', '81'),
    refused('no topic filter: 0x82 [MQTT-3.8.3-2]', '82 03 0001 00', '82'),
    refused('a topic filter without its options: 0x81 [MQTT-3.8.3-2]', '82 .. 0001 00 s"t"', '81'),
    refused('QoS 3: 0x82', '82 .. 0001 00 s"t" 03', '82'),
    refused('Retain Handling 3: 0x82', '82 .. 0001 00 s"t" 30', '82'),
    refused('reserved bit 6: 0x81 [MQTT-3.8.3-5]', '82 .. 0001 00 s"t" 40', '81'),
    refused('reserved bit 7: 0x81 [MQTT-3.8.3-5]', '82 .. 0001 00 s"t" 80', '81'),
    refused('an empty filter: 0x82 [MQTT-4.7.3-1]', '82 .. 0001 00 0000 00', '82'),
    refused('a filter that is not UTF-8: 0x81 [MQTT-3.8.3-1]', '82 .. 0001 00 0001 ff 00', '81'),
    refused('U+0000 in a filter: 0x81 [MQTT-4.7.3-2]', '82 .. 0001 00 0001 00 00', '81'),
    refused('# within a level: 0x81 [MQTT-4.7.1-1]', '82 .. 0001 00 s"a#" 00', '81'),
    refused('# before the end: 0x81 [MQTT-4.7.1-1]', '82 .. 0001 00 s"a/#/b" 00', '81'),
    refused('+ within a level: 0x81 [MQTT-4.7.1-2]', '82 .. 0001 00 s"a/b+" 00', '81'),
    refused('Subscription Identifier 0: 0x82', '82 .. 0001 { 0b 00 } s"t" 00', '82'),
    refused('Subscription Identifier twice: 0x82', '82 .. 0001 { 0b 01 0b 02 } s"t" 00', '82'),
    refused('Subscription Identifier of five bytes: 0x81 [MQTT-1.5.5-1]', '82 .. 0001 { 0b 8080808001 } s"t" 00', '81'),
    refused(
      'Subscription Identifier in more bytes than it needs: 0x81 [MQTT-1.5.5-1]',
      '82 .. 0001 { 0b 8100 } s"t" 00',
      '81',
    ),
    refused('Reason String: 0x82', '82 .. 0001 { 1f s"r" } s"t" 00', '82'),
    refused('Topic Alias: 0x82', '82 .. 0001 { 23 0001 } s"t" 00', '82'),
    refused('properties longer than the packet: 0x81', '82 04 0001 20 0b', '81'),
  ]);
});

describe('MQTT 3.1.1: what a subscription does', () => {
  protocolTests(port, [
    [
      'several filters in one packet are several subscriptions [3.1.1 MQTT-3.8.4-4]',
      `${open4('sub')}
       sub > 82 .. 0001 s"s/a" 00 s"s/b" 01
       sub < 90 04 0001 00 01
       ${open4('pub')}
       pub > 32 .. s"s/a" 0001 "1"
       pub < 40 02 0001
       pub > 32 .. s"s/b" 0001 "2"
       pub < 40 02 0001
       sub < 30 .. s"s/a" "1"
       sub < 32 .. s"s/b" 0001 "2"`,
    ],
    [
      'the same filter again replaces the subscription: one copy, at its QoS [3.1.1 MQTT-3.8.4-3]',
      `${open4('sub')}
       ${subscribe4('sub', 's/again', '01')}
       ${subscribe4('sub', 's/again', '00')}
       ${open4('pub')}
       pub > 32 .. s"s/again" 0001 "x"
       pub < 40 02 0001
       sub < 30 .. s"s/again" "x"`,
    ],
    [
      'filters that overlap give one copy at the highest QoS [3.1.1 MQTT-3.3.5-1]',
      `${open4('sub')}
       sub > 82 .. 0001 s"s/over/lap" 00 s"s/over/+" 02 s"s/over/#" 01
       sub < 90 05 0001 00 02 01
       ${open4('pub')}
       pub > 32 .. s"s/over/lap" 0001 "x"
       pub < 40 02 0001
       sub < 32 .. s"s/over/lap" 0001 "x"`,
    ],
    [
      'every other topic stays away [3.1.1 MQTT-3.3.2-3]',
      `${open4('sub')}
       ${subscribe4('sub', 's/only', '00')}
       ${open4('pub')}
       pub > 30 .. s"s/onl" "x" | 30 .. s"s/only/more" "x" | 30 .. s"S/only" "x" | 30 .. s"s/only" "y"
       pub quiet
       sub < 30 .. s"s/only" "y"`,
    ],
    [
      'it may be about its own topic before it is acknowledged, and works after it [3.1.1 MQTT-3.8.4-1]',
      `${open4('a')}
       a > 82 06 0001 s"s" 01 32 06 s"s" 0002 "x"
       a < 90 03 0001 01
       a < 32 06 s"s" 0001 "x"
       a < 40 02 0002`,
    ],
  ]);
});

describe('MQTT 5: what a subscription does', () => {
  protocolTests(port, [
    [
      'the same filter again replaces the subscription, with its options [MQTT-3.8.4-3]',
      `${open5('sub')}
       sub > 82 .. 0001 { 0b 01 } s"s5/again" 01
       sub < 90 04 0001 00 01
       sub > 82 .. 0002 { 0b 02 } s"s5/again" 00
       sub < 90 04 0002 00 00
       ${open5('pub')}
       pub > 32 .. s"s5/again" 0001 00 "x"
       pub < 40 02 0001
       sub < 30 .. s"s5/again" { 0b 02 } "x"`,
    ],
    [
      'several filters in one packet share its Subscription Identifier [MQTT-3.8.4-5] [MQTT-3.3.4-3]',
      `${open5('sub')}
       sub > 82 .. 0001 { 0b 07 } s"s5/a" 00 s"s5/b" 00
       sub < 90 05 0001 00 00 00
       ${open5('pub')}
       pub > 30 .. s"s5/a" 00 "1" | 30 .. s"s5/b" 00 "2"
       sub < 30 .. s"s5/a" { 0b 07 } "1"
       sub < 30 .. s"s5/b" { 0b 07 } "2"`,
    ],
    [
      'filters that overlap give one copy, at the highest QoS, with all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-3] [MQTT-3.3.4-4]',
      `${open5('sub')}
       sub > 82 .. 0001 { 0b 01 } s"s5/over/lap" 00
       sub < 90 04 0001 00 00
       sub > 82 .. 0002 { 0b 02 } s"s5/over/+" 02
       sub < 90 04 0002 00 02
       sub > 82 .. 0003 00 s"s5/over/#" 01
       sub < 90 04 0003 00 01
       ${open5('pub')}
       pub > 32 .. s"s5/over/lap" 0001 00 "x"
       pub < 40 02 0001
       sub < 32 .. s"s5/over/lap" 0001 { 0b 01 0b 02 } "x"`,
    ],
    [
      'the largest Subscription Identifier [MQTT-3.3.4-3]',
      `${open5('sub')}
       sub > 82 .. 0001 { 0b ffffff7f } s"s5/large" 00
       sub < 90 04 0001 00 00
       sub > 30 .. s"s5/large" 00 "x"
       sub < 30 .. s"s5/large" { 0b ffffff7f } "x"`,
    ],
    [
      'User Properties of a SUBSCRIBE are taken',
      `${open5('sub')}
       sub > 82 .. 0001 { 26 s"k" s"v" 26 s"k" s"v" } s"s5/user" 02
       sub < 90 04 0001 00 02`,
    ],
    [
      'No Local keeps the own messages of a client away, and only those [MQTT-3.8.3-3]',
      `${open5('a')}
       a > 82 .. 0001 00 s"s5/local" 05
       a < 90 04 0001 00 01
       ${open5('b')}
       ${subscribe5('b', 's5/local', '00')}
       a > 32 .. s"s5/local" 0001 00 "from a"
       a < 40 02 0001
       b < 30 .. s"s5/local" 00 "from a"
       b > 30 .. s"s5/local" 00 "from b"
       a < 30 .. s"s5/local" 00 "from b"
       b < 30 .. s"s5/local" 00 "from b"`,
    ],
    [
      'No Local does not keep away what another filter lets in [MQTT-3.8.3-3]',
      `${open5('a')}
       a > 82 .. 0001 00 s"s5/mine/x" 04
       a < 90 04 0001 00 00
       ${subscribe5('a', 's5/mine/+', '00')}
       a > 30 .. s"s5/mine/x" 00 "x"
       a < 30 .. s"s5/mine/x" 00 "x"`,
    ],
    [
      'every other topic stays away [MQTT-3.3.2-3] [MQTT-4.7.3-4]',
      `${open5('sub')}
       ${subscribe5('sub', 's5/only', '00')}
       ${open5('pub')}
       pub > 30 .. s"s5/onl" 00 "x" | 30 .. s"s5/only/" 00 "x" | 30 .. s"S5/only" 00 "x" | 30 .. s"s5/only" 00 "y"
       pub quiet
       sub < 30 .. s"s5/only" 00 "y"`,
    ],
  ]);
});
