import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { open4, open5, subscribe4, subscribe5 } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

/** The shortest way and the long one must not differ on the wire. */
describe.each(['on', 'off'])('hot path %s', (hotPath) => {
  const port = protocolBroker({ plane: { hotPath }, limits: { topicLength: '65535B' } });

  /** The first topic that is written out in a packet, so that no other test's retained messages come along. */
  const topicIn = (packet: string): string => /s"([^"]+)"/.exec(packet)?.[1] ?? 'p/#';
  const delivered = (name: string, sent: string, received: string, options = '02', more = ''): ProtocolCase => [
    name,
    `${open4('sub')}
     ${subscribe4('sub', topicIn(sent), options)}
     ${open4('pub')}
     pub > ${sent}
     ${more}
     sub < ${received}`,
  ];
  const qos2 = (id = '0007'): string => `pub < 50 02 ${id}\npub > 62 02 ${id}\npub < 70 02 ${id}`;

  describe('MQTT 3.1.1: delivery', () => {
    protocolTests(port, [
      delivered(
        'QoS 0, no answer and no packet identifier [3.1.1 MQTT-2.3.1-5] [3.1.1 MQTT-3.3.4-1] [3.1.1 MQTT-4.3.1-1]',
        '30 .. s"p/0" "x"',
        '30 .. s"p/0" "x"',
      ),
      delivered('an empty payload', '30 .. s"p/0"', '30 .. s"p/0"'),
      delivered('a payload of any bytes', '30 .. s"p/0" 00ff80c0', '30 .. s"p/0" 00ff80c0'),
      delivered('a remaining length of two bytes', '30 .. s"p/0" 61*200', '30 cd01 s"p/0" 61*200'),
      delivered('a remaining length of three bytes', '30 .. s"p/0" 61*20000', '30 a59c01 s"p/0" 61*20000'),
      delivered(
        'QoS 1 is answered with PUBACK [3.1.1 MQTT-3.3.4-1] [3.1.1 MQTT-4.3.2-2] [3.1.1 MQTT-2.3.1-6]',
        '32 .. s"p/1" 0007 "x"',
        '32 .. s"p/1" 0001 "x"',
        '02',
        'pub < 40 02 0007',
      ),
      delivered(
        'QoS 2 is answered with PUBREC, its PUBREL with PUBCOMP [3.1.1 MQTT-3.3.4-1] [3.1.1 MQTT-4.3.3-2]',
        '34 .. s"p/2" 0007 "x"',
        '34 .. s"p/2" 0001 "x"',
        '02',
        qos2(),
      ),
      delivered(
        'the largest packet identifier',
        '32 .. s"p/1" ffff "x"',
        '32 .. s"p/1" 0001 "x"',
        '02',
        'pub < 40 02 ffff',
      ),
      delivered(
        'QoS 1 to a subscription at QoS 0 [3.1.1 MQTT-3.8.4-6]',
        '32 .. s"p/1" 0007 "x"',
        '30 .. s"p/1" "x"',
        '00',
        'pub < 40 02 0007',
      ),
      delivered(
        'QoS 2 to a subscription at QoS 0 [3.1.1 MQTT-3.8.4-6]',
        '34 .. s"p/2" 0007 "x"',
        '30 .. s"p/2" "x"',
        '00',
        qos2(),
      ),
      delivered(
        'QoS 2 to a subscription at QoS 1 [3.1.1 MQTT-3.8.4-6]',
        '34 .. s"p/2" 0007 "x"',
        '32 .. s"p/2" 0001 "x"',
        '01',
        qos2(),
      ),
      delivered('QoS 0 to a subscription at QoS 2 [3.1.1 MQTT-3.8.4-6]', '30 .. s"p/0" "x"', '30 .. s"p/0" "x"'),
      delivered(
        'QoS 1 to a subscription at QoS 2 [3.1.1 MQTT-3.8.4-6]',
        '32 .. s"p/1" 0007 "x"',
        '32 .. s"p/1" 0001 "x"',
        '02',
        'pub < 40 02 0007',
      ),
      delivered(
        'DUP is not passed on [3.1.1 MQTT-3.3.1-3]',
        '3a .. s"p/1" 0007 "x"',
        '32 .. s"p/1" 0001 "x"',
        '02',
        'pub < 40 02 0007',
      ),
      delivered(
        'RETAIN is not passed on to a subscription that was there [3.1.1 MQTT-3.3.1-9]',
        '31 .. s"r/4" "x"',
        '30 .. s"r/4" "x"',
      ),
      delivered('an empty retained message is passed on [3.1.1 MQTT-3.3.1-10]', '31 .. s"r/empty"', '30 .. s"r/empty"'),
      delivered(
        'topics keep every character [3.1.1 MQTT-4.7.3-4]',
        '30 .. s"p/ A//é/🙂" "x"',
        '30 .. s"p/ A//é/🙂" "x"',
      ),
      delivered(
        'a byte order mark in a topic is kept [3.1.1 MQTT-1.5.3-3]',
        '30 .. 0006 "p/" efbbbf "a" "x"',
        '30 .. 0006 "p/" efbbbf "a" "x"',
      ),
      delivered('a topic of 65,535 bytes [3.1.1 MQTT-4.7.3-3]', '30 .. ffff "p/" 61*65533', '30 .. ffff "p/" 61*65533'),
    ]);
    protocolTests(port, [
      [
        'a second QoS 1 message under the same identifier is a new one, DUP or not [3.1.1 MQTT-4.3.2-2]',
        `${open4('sub')}
         ${subscribe4('sub', 'p/twice', '01')}
         ${open4('pub')}
         pub > 32 .. s"p/twice" 0007 "x"
         pub < 40 02 0007
         pub > 3a .. s"p/twice" 0007 "x"
         pub < 40 02 0007
         sub < 32 .. s"p/twice" 0001 "x"
         sub < 32 .. s"p/twice" 0002 "x"`,
      ],
      [
        'a QoS 2 message that comes again before its PUBREL is received once [3.1.1 MQTT-4.3.3-2]',
        `${open4('sub')}
         ${subscribe4('sub', 'p/once', '01')}
         ${open4('pub')}
         pub > 34 .. s"p/once" 0007 "x"
         pub < 50 02 0007
         pub > 3c .. s"p/once" 0007 "x"
         pub < 50 02 0007
         pub > 62 02 0007
         pub < 70 02 0007
         sub < 32 .. s"p/once" 0001 "x"`,
      ],
      [
        'after PUBCOMP the identifier means a new message [3.1.1 MQTT-4.3.3-2]',
        `${open4('sub')}
         ${subscribe4('sub', 'p/anew', '00')}
         ${open4('pub')}
         pub > 34 .. s"p/anew" 0007 "1"
         pub < 50 02 0007
         pub > 62 02 0007
         pub < 70 02 0007
         pub > 34 .. s"p/anew" 0007 "2"
         pub < 50 02 0007
         pub > 62 02 0007
         pub < 70 02 0007
         sub < 30 .. s"p/anew" "1"
         sub < 30 .. s"p/anew" "2"`,
      ],
      [
        'each message gets a packet identifier that is free [3.1.1 MQTT-2.3.1-2] [3.1.1 MQTT-2.3.1-4] [3.1.1 MQTT-4.3.2-1] [3.1.1 MQTT-4.3.3-1]',
        `${open4('sub')}
         ${subscribe4('sub', 'p/ids', '02')}
         ${open4('pub')}
         pub > 32 .. s"p/ids" 0007 "1"
         pub < 40 02 0007
         pub > 34 .. s"p/ids" 0008 "2"
         pub < 50 02 0008
         sub < 32 .. s"p/ids" 0001 "1"
         pub > 62 02 0008
         pub < 70 02 0008
         sub < 34 .. s"p/ids" 0002 "2"
         pub > 32 .. s"p/ids" 0009 "3"
         pub < 40 02 0009
         sub < 32 .. s"p/ids" 0003 "3"`,
      ],
      [
        'messages of one publisher arrive in their order, at every QoS [3.1.1 MQTT-4.6.0-6] [3.1.1 MQTT-4.6.0-5]',
        `${open4('sub')}
         ${subscribe4('sub', 'p/order', '01')}
         ${open4('pub')}
         pub > 30 .. s"p/order" "1"
         pub > 32 .. s"p/order" 0007 "2"
         pub > 32 .. s"p/order" 0008 "3"
         pub > 30 .. s"p/order" "4"
         pub < 40 02 0007
         pub < 40 02 0008
         sub < 30 .. s"p/order" "1"
         sub < 32 .. s"p/order" 0001 "2"
         sub < 32 .. s"p/order" 0002 "3"
         sub < 30 .. s"p/order" "4"`,
      ],
      [
        'PUBACKs and PUBRECs leave in the order of their messages [3.1.1 MQTT-4.6.0-2] [3.1.1 MQTT-4.6.0-3]',
        `${open4('sub')}
         ${subscribe4('sub', 'p/acks')}
         ${open4('pub')}
         pub > 32 .. s"p/acks" 0003 "1" | 32 .. s"p/acks" 0001 "2" | 32 .. s"p/acks" 0002 "3"
         pub < 40 02 0003
         pub < 40 02 0001
         pub < 40 02 0002
         pub > 34 .. s"p/acks" 0013 "4" | 34 .. s"p/acks" 0011 "5" | 34 .. s"p/acks" 0012 "6"
         pub < 50 02 0013
         pub < 50 02 0011
         pub < 50 02 0012
         ${['1', '2', '3', '4', '5', '6'].map((text) => `sub < 30 .. s"p/acks" "${text}"`).join('\n')}`,
      ],
      [
        'PUBRELs leave in the order of the PUBRECs that came [3.1.1 MQTT-4.6.0-4] [3.1.1 MQTT-4.6.0-1]',
        `${open4('sub')}
         ${subscribe4('sub', 'p/rels', '02')}
         ${open4('pub')}
         pub > 34 .. s"p/rels" 0001 "1" | 34 .. s"p/rels" 0002 "2" | 34 .. s"p/rels" 0003 "3"
         pub < 50 02 0001
         pub < 50 02 0002
         pub < 50 02 0003
         pub > 62 02 0001 62 02 0002 62 02 0003
         pub < 70 02 0001
         pub < 70 02 0002
         pub < 70 02 0003
         sub < 34 .. s"p/rels" 0001 "1"
         sub < 34 .. s"p/rels" 0002 "2"
         sub < 34 .. s"p/rels" 0003 "3"
         sub > 50 02 0002 50 02 0001 50 02 0003
         sub < 62 02 0002
         sub < 62 02 0001
         sub < 62 02 0003`,
      ],
      [
        'many messages in one segment',
        `${open4('sub')}
         ${subscribe4('sub', 'p/many')}
         ${open4('pub')}
         pub > 30 09 s"p/many" "1" 30 09 s"p/many" "2" 30 09 s"p/many" "3"
         sub < 30 09 s"p/many" "1"
         sub < 30 09 s"p/many" "2"
         sub < 30 09 s"p/many" "3"`,
      ],
      [
        'a client gets its own messages where it subscribed to them',
        `${open4('a')}
         ${subscribe4('a', 'p/self', '01')}
         a > 32 .. s"p/self" 0007 "x"
         a < 32 .. s"p/self" 0001 "x"
         a < 40 02 0007`,
      ],
      [
        'a topic with 3.1.1 on one side and 5 on the other',
        `${open5('five')}
         ${subscribe5('five', 'p/between')}
         ${open4('four')}
         ${subscribe4('four', 'p/between')}
         four > 30 .. s"p/between" "1"
         four < 30 .. s"p/between" "1"
         five < 30 .. s"p/between" 00 "1"
         five > 30 .. s"p/between" { 01 01 26 s"k" s"v" } "2"
         five < 30 .. s"p/between" { 01 01 26 s"k" s"v" } "2"
         four < 30 .. s"p/between" "2"`,
      ],
    ]);
  });
});
