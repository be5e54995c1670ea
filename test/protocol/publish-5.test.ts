import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { open4, open5, subscribe5, terse } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

/** The shortest way and the long one must not differ on the wire. */
describe.each(['on', 'off'])('hot path %s', (hotPath) => {
  const port = protocolBroker({ plane: { hotPath }, limits: { topicLength: '65535B' } });

  /** The first topic that is written out in a packet, so that no other test's retained messages come along. */
  const topicIn = (packet: string): string => /s"([^"]+)"/.exec(packet)?.[1] ?? 'p/#';
  const delivered = (name: string, sent: string, received: string, options = '02', more = ''): ProtocolCase => [
    name,
    `${open5('sub')}
     ${subscribe5('sub', topicIn(sent), options)}
     ${open5('pub')}
     pub > ${sent}
     ${more}
     sub < ${received}`,
  ];
  const qos2 = (id = '0007'): string => `pub < 50 02 ${id}\npub > 62 02 ${id}\npub < 70 02 ${id}`;

  describe('MQTT 5: delivery', () => {
    protocolTests(port, [
      delivered(
        'QoS 0, no answer [MQTT-3.3.4-1] [MQTT-4.3.1-1] [MQTT-2.2.1-2]',
        '30 .. s"p/0" 00 "x"',
        '30 .. s"p/0" 00 "x"',
      ),
      delivered(
        'QoS 1 is answered with PUBACK [MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-2.2.1-5] [MQTT-4.3.2-2]',
        '32 .. s"p/1" 0007 00 "x"',
        '32 .. s"p/1" 0001 00 "x"',
        '02',
        'pub < 40 02 0007',
      ),
      delivered(
        'QoS 2 is answered with PUBREC and PUBCOMP [MQTT-3.3.4-1] [MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-4.3.3-2]',
        '34 .. s"p/2" 0007 00 "x"',
        '34 .. s"p/2" 0001 00 "x"',
        '02',
        qos2(),
      ),
      delivered(
        'QoS 1 to a subscription at QoS 0 [MQTT-3.8.4-8]',
        '32 .. s"p/1" 0007 00 "x"',
        '30 .. s"p/1" 00 "x"',
        '00',
        'pub < 40 02 0007',
      ),
      delivered(
        'QoS 2 to a subscription at QoS 1 [MQTT-3.8.4-8]',
        '34 .. s"p/2" 0007 00 "x"',
        '32 .. s"p/2" 0001 00 "x"',
        '01',
        qos2(),
      ),
      delivered(
        'DUP is not passed on [MQTT-3.3.1-3]',
        '3a .. s"p/1" 0007 00 "x"',
        '32 .. s"p/1" 0001 00 "x"',
        '02',
        'pub < 40 02 0007',
      ),
      delivered(
        'Retain As Published 0: RETAIN is 0 [MQTT-3.3.1-12]',
        '31 .. s"r/5/00" 00 "x"',
        '30 .. s"r/5/00" 00 "x"',
        '00',
      ),
      delivered(
        'Retain As Published 1: RETAIN as it came, 1 [MQTT-3.3.1-13]',
        '31 .. s"r/5/08" 00 "x"',
        '31 .. s"r/5/08" 00 "x"',
        '08',
      ),
      delivered(
        'Retain As Published 1: RETAIN as it came, 0 [MQTT-3.3.1-13]',
        '30 .. s"p/live" 00 "x"',
        '30 .. s"p/live" 00 "x"',
        '08',
      ),
      delivered('Payload Format Indicator [MQTT-3.3.2-4]', '30 .. s"p/0" { 01 01 } "x"', '30 .. s"p/0" { 01 01 } "x"'),
      delivered(
        'Response Topic [MQTT-3.3.2-15]',
        '30 .. s"p/0" { 08 s"answer/here" } "x"',
        '30 .. s"p/0" { 08 s"answer/here" } "x"',
      ),
      delivered(
        'Correlation Data of any bytes [MQTT-3.3.2-16]',
        '30 .. s"p/0" { 09 0003 00ff80 } "x"',
        '30 .. s"p/0" { 09 0003 00ff80 } "x"',
      ),
      delivered(
        'Content Type [MQTT-3.3.2-20]',
        '30 .. s"p/0" { 03 s"text/plain" } "x"',
        '30 .. s"p/0" { 03 s"text/plain" } "x"',
      ),
      delivered(
        'User Properties in their order, also several of one name [MQTT-3.3.2-17] [MQTT-3.3.2-18]',
        '30 .. s"p/0" { 26 s"b" s"1" 26 s"a" s"2" 26 s"b" s"1" 26 s"" s"" } "x"',
        '30 .. s"p/0" { 26 s"b" s"1" 26 s"a" s"2" 26 s"b" s"1" 26 s"" s"" } "x"',
      ),
      delivered(
        'User Properties at QoS 2 [MQTT-3.3.2-17] [MQTT-3.3.2-18]',
        '34 .. s"p/2" 0007 { 26 s"b" s"1" 26 s"a" s"2" 26 s"b" s"1" } "x"',
        '34 .. s"p/2" 0001 { 26 s"b" s"1" 26 s"a" s"2" 26 s"b" s"1" } "x"',
        '02',
        qos2(),
      ),
      delivered(
        'a byte order mark in a topic is kept [MQTT-1.5.4-3]',
        '30 .. 0006 "p/" efbbbf "a" 00',
        '30 .. 0006 "p/" efbbbf "a" 00',
      ),
      delivered(
        'a byte order mark in a property is kept [MQTT-1.5.4-3]',
        '30 .. s"p/0" { 03 0004 efbbbf "a" }',
        '30 .. s"p/0" { 03 0004 efbbbf "a" }',
      ),
      delivered(
        'a message that has not waited keeps its Message Expiry Interval [MQTT-3.3.2-6]',
        '30 .. s"p/0" { 02 0000003c } "x"',
        '30 .. s"p/0" { 02 0000003c } "x"',
      ),
      delivered('a topic of 65,535 bytes [MQTT-4.7.3-3]', '30 .. ffff "p/" 61*65533 00', '30 .. ffff "p/" 61*65533 00'),
      delivered(
        'topics keep every character [MQTT-4.7.3-4]',
        '30 .. s"p/ A//é/🙂" 00 "x"',
        '30 .. s"p/ A//é/🙂" 00 "x"',
      ),
    ]);
    protocolTests(port, [
      [
        'QoS 1 that nobody gets: PUBACK 0x10 [MQTT-3.4.2-1]',
        `${open5('pub')}
         pub > 32 .. s"nobody/1" 0007 00 "x"
         pub < 40 03 0007 10`,
      ],
      [
        'QoS 2 that nobody gets: PUBREC 0x10 [MQTT-3.5.2-1]',
        `${open5('pub')}
         pub > 34 .. s"nobody/2" 0007 00 "x"
         pub < 50 03 0007 10
         pub > 62 02 0007
         pub < 70 02 0007`,
      ],
      [
        'QoS 1 that nobody gets is acknowledged to a client of MQTT 3.1.1 all the same [3.1.1 MQTT-4.3.2-2]',
        `${open4('pub')}
         pub > 32 .. s"nobody/3" 0007 "x"
         pub < 40 02 0007`,
      ],
      [
        'a second QoS 1 message under the same identifier is a new one [MQTT-4.3.2-5]',
        `${open5('sub')}
         ${subscribe5('sub', 'p/twice', '01')}
         ${open5('pub')}
         pub > 32 .. s"p/twice" 0007 00 "x"
         pub < 40 02 0007
         pub > 3a .. s"p/twice" 0007 00 "x"
         pub < 40 02 0007
         sub < 32 .. s"p/twice" 0001 00 "x"
         sub < 32 .. s"p/twice" 0002 00 "x"`,
      ],
      [
        'a QoS 2 message that comes again before its PUBREL is received once [MQTT-4.3.3-10]',
        `${open5('sub')}
         ${subscribe5('sub', 'p/once', '01')}
         ${open5('pub')}
         pub > 34 .. s"p/once" 0007 00 "x"
         pub < 50 02 0007
         pub > 3c .. s"p/once" 0007 00 "x"
         pub < 50 02 0007
         pub > 62 02 0007
         pub < 70 02 0007
         sub < 32 .. s"p/once" 0001 00 "x"`,
      ],
      [
        'after PUBCOMP the identifier means a new message [MQTT-4.3.3-12]',
        `${open5('sub')}
         ${subscribe5('sub', 'p/anew', '00')}
         ${open5('pub')}
         pub > 34 .. s"p/anew" 0007 00 "1"
         pub < 50 02 0007
         pub > 62 02 0007
         pub < 70 02 0007
         pub > 34 .. s"p/anew" 0007 00 "2"
         pub < 50 02 0007
         pub > 62 02 0007
         pub < 70 02 0007
         sub < 30 .. s"p/anew" 00 "1"
         sub < 30 .. s"p/anew" 00 "2"`,
      ],
      [
        'messages of one publisher arrive in their order [MQTT-4.6.0-5] [MQTT-4.6.0-6]',
        `${open5('sub')}
         ${subscribe5('sub', 'p/order', '01')}
         ${open5('pub')}
         pub > 30 .. s"p/order" 00 "1"
         pub > 32 .. s"p/order" 0007 00 "2"
         pub > 32 .. s"p/order" 0008 00 "3"
         pub > 30 .. s"p/order" 00 "4"
         pub < 40 02 0007
         pub < 40 02 0008
         sub < 30 .. s"p/order" 00 "1"
         sub < 32 .. s"p/order" 0001 00 "2"
         sub < 32 .. s"p/order" 0002 00 "3"
         sub < 30 .. s"p/order" 00 "4"`,
      ],
      [
        'PUBACKs and PUBRECs leave in the order of their messages [MQTT-4.6.0-2] [MQTT-4.6.0-3]',
        `${open5('sub')}
         ${subscribe5('sub', 'p/acks')}
         ${open5('pub')}
         pub > 32 .. s"p/acks" 0003 00 "1" | 32 .. s"p/acks" 0001 00 "2" | 32 .. s"p/acks" 0002 00 "3"
         pub < 40 02 0003
         pub < 40 02 0001
         pub < 40 02 0002
         pub > 34 .. s"p/acks" 0013 00 "4" | 34 .. s"p/acks" 0011 00 "5" | 34 .. s"p/acks" 0012 00 "6"
         pub < 50 02 0013
         pub < 50 02 0011
         pub < 50 02 0012
         ${['1', '2', '3', '4', '5', '6'].map((text) => `sub < 30 .. s"p/acks" 00 "${text}"`).join('\n')}`,
      ],
      [
        'PUBRELs leave in the order of the PUBRECs that came [MQTT-4.6.0-4]',
        `${open5('sub')}
         ${subscribe5('sub', 'p/rels', '02')}
         ${open5('pub')}
         pub > 34 .. s"p/rels" 0001 00 "1" | 34 .. s"p/rels" 0002 00 "2" | 34 .. s"p/rels" 0003 00 "3"
         pub < 50 02 0001
         pub < 50 02 0002
         pub < 50 02 0003
         pub > 62 02 0001 62 02 0002 62 02 0003
         pub < 70 02 0001
         pub < 70 02 0002
         pub < 70 02 0003
         sub < 34 .. s"p/rels" 0001 00 "1"
         sub < 34 .. s"p/rels" 0002 00 "2"
         sub < 34 .. s"p/rels" 0003 00 "3"
         sub > 50 02 0002 50 02 0001 50 02 0003
         sub < 62 02 0002
         sub < 62 02 0001
         sub < 62 02 0003`,
      ],
      [
        'each message gets a packet identifier that is free [MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.3-1]',
        `${open5('sub')}
         ${subscribe5('sub', 'p/ids', '02')}
         ${open5('pub', terse)}
         pub > 32 .. s"p/ids" 0007 00 "1"
         pub < 40 02 0007
         sub < 32 .. s"p/ids" 0001 00 "1"
         pub > 32 .. s"p/ids" 0007 00 "2"
         pub < 40 02 0007
         sub < 32 .. s"p/ids" 0002 00 "2"
         sub > 40 02 0001
         pub > 32 .. s"p/ids" 0007 00 "3"
         pub < 40 02 0007
         sub < 32 .. s"p/ids" 0003 00 "3"`,
      ],
    ]);
  });
});
