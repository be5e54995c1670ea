import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted4, accepted5, connect4, open4, resumed4, subscribe4 } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

/** A CONNECT that is answered with nothing but the end of the connection. */
const refused = (name: string, connect: string): ProtocolCase => [name, `> ${connect}\nclosed`];
const taken = (name: string, connect: string): ProtocolCase => [name, `> ${connect}\n< ${accepted4}`];
const answered = (name: string, connect: string, code: string): ProtocolCase => [
  name,
  `> ${connect}\n< 20 02 00 ${code}\nclosed`,
];

describe('MQTT 3.1.1: a CONNECT that is taken', () => {
  protocolTests(port, [
    taken('the smallest: a client identifier of one byte [3.1.1 MQTT-3.1.4-4] [3.1.1 MQTT-3.2.0-1]', connect4('a')),
    taken(
      'a client identifier of 23 bytes, digits and letters [3.1.1 MQTT-3.1.3-5]',
      connect4('0123456789abcdefghijklm'),
    ),
    taken('the other letters of the alphabet [3.1.1 MQTT-3.1.3-5]', connect4('nopqrstuvwxyzABCDEFGHIJ')),
    taken('the last capitals [3.1.1 MQTT-3.1.3-5]', connect4('KLMNOPQRSTUVWXYZ')),
    taken('a client identifier of 300 bytes', `10 .. 0004 "MQTT" 04 02 0000 012c 61*300`),
    taken('a client identifier with blanks, slashes and signs', connect4('a b/c#+$')),
    taken('a client identifier beyond ASCII, of one to four bytes a character', connect4('aé漢🙂')),
    taken('an empty client identifier with a clean session gets one that is unique [3.1.1 MQTT-3.1.3-6]', connect4('')),
    taken('keep alive 65,535', `10 .. 0004 "MQTT" 04 02 ffff s"a"`),
    taken('a user name [3.1.1 MQTT-3.1.2-19]', connect4('a', '82', 's"user"')),
    taken('an empty user name', connect4('a', '82', 's""')),
    taken('a user name and a password [3.1.1 MQTT-3.1.2-21]', connect4('a', 'c2', 's"user" s"password"')),
    taken('a password of any bytes, as it is no text', connect4('a', 'c2', 's"user" 0003 00ff80')),
    taken('a will at QoS 0 [3.1.1 MQTT-3.1.2-14]', connect4('a', '06', 's"w" s"gone"')),
    taken('a will at QoS 1 [3.1.1 MQTT-3.1.2-14]', connect4('a', '0e', 's"w" s"gone"')),
    taken('a will at QoS 2 [3.1.1 MQTT-3.1.2-14]', connect4('a', '16', 's"w" s"gone"')),
    taken('a will with an empty payload', connect4('a', '06', 's"w" s""')),
    taken('a will of any bytes', connect4('a', '06', 's"w" 0002 00ff')),
    taken(
      'will, user name and password, in this order [3.1.1 MQTT-3.1.3-1]',
      connect4('a', 'c6', 's"w" s"gone" s"user" s"password"'),
    ),
  ]);
});

describe('MQTT 3.1.1: a CONNECT that does not conform gets no CONNACK', () => {
  protocolTests(port, [
    refused('the reserved flag [3.1.1 MQTT-3.1.2-3] [3.1.1 MQTT-3.1.4-1]', connect4('a', '03')),
    refused('will QoS 3 [3.1.1 MQTT-3.1.2-14]', connect4('a', '1e', 's"w" s"gone"')),
    refused('will QoS 1 without a will [3.1.1 MQTT-3.1.2-13] [3.1.1 MQTT-3.1.2-11]', connect4('a', '0a')),
    refused('will QoS 2 without a will [3.1.1 MQTT-3.1.2-13] [3.1.1 MQTT-3.1.2-11]', connect4('a', '12')),
    refused('Will Retain without a will [3.1.1 MQTT-3.1.2-15]', connect4('a', '22')),
    refused('a will flag without topic and message [3.1.1 MQTT-3.1.2-9]', connect4('a', '06')),
    refused('a will topic without its message [3.1.1 MQTT-3.1.2-9]', connect4('a', '06', 's"w"')),
    refused('topic and message of a will, and no will flag [3.1.1 MQTT-3.1.2-11]', connect4('a', '02', 's"w" s"gone"')),
    refused('a user name flag without a user name [3.1.1 MQTT-3.1.2-19]', connect4('a', '82')),
    refused('a user name without its flag [3.1.1 MQTT-3.1.2-18]', connect4('a', '02', 's"user"')),
    refused('a password flag without a password [3.1.1 MQTT-3.1.2-21]', connect4('a', 'c2', 's"user"')),
    refused('a password without its flag [3.1.1 MQTT-3.1.2-20]', connect4('a', '82', 's"user" s"password"')),
    refused('a password and no user name [3.1.1 MQTT-3.1.2-22]', connect4('a', '42', 's"password"')),
    refused('user name before will [3.1.1 MQTT-3.1.3-1]', connect4('a', '86', 's"user" s"w"')),
    refused('no client identifier [3.1.1 MQTT-3.1.3-3]', '10 .. 0004 "MQTT" 04 02 0000'),
    refused('a client identifier cut short [3.1.1 MQTT-3.1.3-3]', '10 .. 0004 "MQTT" 04 02 0000 0005 "a"'),
    refused('no keep alive', '10 .. 0004 "MQTT" 04 02'),
    refused('no flags', '10 .. 0004 "MQTT" 04'),
    refused('no protocol level', '10 .. 0004 "MQTT"'),
    refused('nothing at all', '10 00'),
    refused('bytes behind the last field', connect4('a', '02', '00')),
    refused(
      'a client identifier that is not UTF-8 [3.1.1 MQTT-3.1.3-4] [3.1.1 MQTT-1.5.3-1]',
      `10 .. 0004 "MQTT" 04 02 0000 0001 ff`,
    ),
    refused('a surrogate in the client identifier [3.1.1 MQTT-1.5.3-1]', `10 .. 0004 "MQTT" 04 02 0000 0003 eda080`),
    refused('U+0000 in the client identifier [3.1.1 MQTT-1.5.3-2]', `10 .. 0004 "MQTT" 04 02 0000 0002 6100`),
    refused('a will topic that is not UTF-8 [3.1.1 MQTT-3.1.3-10]', connect4('a', '06', '0002 c0af s"gone"')),
    refused('U+0000 in the will topic [3.1.1 MQTT-1.5.3-2]', connect4('a', '06', '0001 00 s"gone"')),
    refused('a wildcard in the will topic [3.1.1 MQTT-4.7.1-1]', connect4('a', '06', 's"w/+" s"gone"')),
    refused('an empty will topic [3.1.1 MQTT-4.7.3-1]', connect4('a', '06', 's"" s"gone"')),
    refused('a user name that is not UTF-8 [3.1.1 MQTT-3.1.3-11]', connect4('a', '82', '0001 ff')),
    refused('U+0000 in the user name [3.1.1 MQTT-1.5.3-2]', connect4('a', '82', '0001 00')),
    refused(
      'flags in the fixed header: 1 [3.1.1 MQTT-2.2.2-1] [3.1.1 MQTT-2.2.2-2]',
      connect4('a').replace('10', '11'),
    ),
    refused(
      'flags in the fixed header: 8 [3.1.1 MQTT-2.2.2-1] [3.1.1 MQTT-2.2.2-2]',
      connect4('a').replace('10', '18'),
    ),
    refused('a remaining length of five bytes', '10 ffffffff7f'),
  ]);
});

describe('MQTT 3.1.1: protocol name, level and return codes', () => {
  protocolTests(port, [
    refused('a length of the protocol name beyond the packet', '10 06 0010 "MQTT"'),
    answered(
      'level 3 under the name MQTT: return code 1 [3.1.1 MQTT-3.1.2-2]',
      '10 .. 0004 "MQTT" 03 02 0000 s"a"',
      '01',
    ),
    answered('level 0: return code 1 [3.1.1 MQTT-3.1.2-2]', '10 .. 0004 "MQTT" 00 02 0000 s"a"', '01'),
    answered('level 4 under the name of MQTT 3.1: return code 1', '10 .. 0006 "MQIsdp" 04 02 0000 s"a"', '01'),
    ['the level of a bridge is taken', `> 10 .. 0004 "MQTT" 84 02 0000 s"a"\n< ${accepted4}`],
    ['the level of a bridge with MQTT 3.1 is taken', `> 10 .. 0006 "MQIsdp" 83 02 0000 s"a"\n< ${accepted4}`],
    refused('another protocol name goes no further [3.1.1 MQTT-3.1.2-1]', '10 .. 0004 "MQTX" 04 02 0000 s"a"'),
    refused('the protocol name in small letters [3.1.1 MQTT-3.1.2-1]', '10 .. 0004 "mqtt" 04 02 0000 s"a"'),
    answered(
      'an empty client identifier without a clean session: return code 2 [3.1.1 MQTT-3.1.3-7] [3.1.1 MQTT-3.1.3-8] [3.1.1 MQTT-3.1.3-9] [3.1.1 MQTT-3.2.2-4] [3.1.1 MQTT-3.2.2-5]',
      connect4('', '00'),
      '02',
    ),
    taken('MQTT 3.1 is served under its own name', '10 .. 0006 "MQIsdp" 03 02 0000 s"a"'),
    answered('MQTT 3.1 has no empty client identifier: return code 2', '10 .. 0006 "MQIsdp" 03 02 0000 s""', '02'),
  ]);
});

describe('MQTT 3.1.1: order of packets', () => {
  // PUBREC, PUBREL and PUBCOMP begin with a letter: whoever sends one first speaks HTTP, and is answered so
  const firsts: readonly (readonly [string, string])[] = [
    ['CONNACK', '20 02 00 00'],
    ['PUBLISH', '30 .. s"t" "x"'],
    ['PUBACK', '40 02 0001'],
    ['SUBSCRIBE', '82 .. 0001 s"t" 00'],
    ['SUBACK', '90 03 0001 00'],
    ['UNSUBSCRIBE', 'a2 .. 0001 s"t"'],
    ['UNSUBACK', 'b0 02 0001'],
    ['PINGREQ', 'c0 00'],
    ['PINGRESP', 'd0 00'],
    ['DISCONNECT', 'e0 00'],
    ['type 15', 'f0 00'],
    ['type 0', '00 00'],
  ];
  protocolTests(
    port,
    firsts.map(([name, bytes]) =>
      refused(`${name} as the first packet closes the connection [3.1.1 MQTT-3.1.0-1] [MQTT-3.1.0-1]`, bytes),
    ),
  );
  protocolTests(port, [
    [
      'a second CONNECT closes the connection [3.1.1 MQTT-3.1.0-2]',
      `${open4('a')}
       a > ${connect4('a')}
       a closed`,
    ],
    [
      'two CONNECTs in one segment [3.1.1 MQTT-3.1.0-2]',
      `> 10 0d 0004 "MQTT" 04 02 0000 s"a" 10 0d 0004 "MQTT" 04 02 0000 s"a"
       closed`,
    ],
    [
      'what follows a refused CONNECT is not handled [3.1.1 MQTT-3.1.4-5]',
      `${open4('sub')}
       ${subscribe4('sub', 'connect/refused')}
       pub > 10 0c 0004 "MQTT" 04 00 0000 s"" 30 12 s"connect/refused" "x"
       pub < 20 02 00 02
       pub closed
       sub quiet`,
    ],
    [
      'what follows CONNECT at once is answered behind its CONNACK [3.1.1 MQTT-3.2.0-1]',
      `> 10 0d 0004 "MQTT" 04 02 0000 s"a" c0 00 82 06 0001 s"t" 01
       < 20 02 00 00
       < d0 00
       < 90 03 0001 01`,
    ],
    [
      'a CONNECT that comes byte by byte',
      `> 10
       > 0d
       > 0004
       > "MQ"
       > "TT" 04
       > 02 00
       > 00 0001
       > "a"
       < 20 02 00 00`,
    ],
    [
      'a remaining length in more bytes than it needs is legal [3.1.1, 2.2.3]',
      `> 10 8d00 0004 "MQTT" 04 02 0000 s"a"
       < 20 02 00 00`,
    ],
    [
      'a client that connects again ends its older connection [3.1.1 MQTT-3.1.4-2] [3.1.1 MQTT-3.1.3-2]',
      `old > ${connect4('taken')}
       old < ${accepted4}
       new > ${connect4('taken')}
       new < ${accepted4}
       old closed
       new quiet`,
    ],
    [
      'the newer connection goes on with the session of the older one [3.1.1 MQTT-3.1.4-2] [3.1.1 MQTT-3.2.2-2] [3.1.1 MQTT-3.1.4-3]',
      `old > ${connect4('taken2', '00')}
       old < ${accepted4}
       ${subscribe4('old', 'connect/taken', '01')}
       new > ${connect4('taken2', '00')}
       new < ${resumed4}
       old closed
       ${open4('pub')}
       pub > 30 .. s"connect/taken" "x"
       new < 30 .. s"connect/taken" "x"`,
    ],
    [
      'clients with other identifiers do not disturb each other, not even by a byte order mark [3.1.1 MQTT-1.5.3-3]',
      `first > ${connect4('bom')}
       first < ${accepted4}
       second > 10 .. 0004 "MQTT" 04 02 0000 0006 efbbbf "bom"
       second < ${accepted4}
       first quiet
       second quiet`,
    ],
    [
      'a client that is cut off in the middle of its CONNECT leaves nothing behind',
      `> 10 0d 0004 "MQ"
       drops
       > ${connect4('a')}
       < ${accepted4}`,
    ],
    [
      'MQTT 3.1.1 and MQTT 5 clients share one port, and a taken over client hears it in its own dialect',
      `five > 10 .. 0004 "MQTT" 05 02 0000 00 s"dialect"
       five < ${accepted5}
       four > ${connect4('dialect')}
       four < ${accepted4}
       five < e0 .. 8e { <reason> }
       five closed`,
    ],
  ]);
});
