import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted4, accepted5, connect5, lasting, open5, resumed5, subscribe5 } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

/** A client with a session that stays; it subscribes and leaves. */
const away5 = (id: string, filter: string, options = '01'): string =>
  `a > ${connect5(id, lasting, '00')}
   a < ${accepted5}
   ${subscribe5('a', filter, options)}
   a > e0 00
   a closed`;
const back5 = (id: string, properties = lasting): string => `a > ${connect5(id, properties, '00')}\na < ${resumed5}`;

describe('MQTT 5: sessions', () => {
  protocolTests(port, [
    [
      'what comes while the client is away is kept, with its properties [MQTT-3.1.2-23] [MQTT-4.5.0-1] [MQTT-3.1.2-5]',
      `${away5('f1', 'f/kept')}
       ${open5('pub')}
       pub > 32 .. s"f/kept" 0001 { 01 01 03 s"text" 08 s"r" 09 0001 ff 26 s"b" s"1" 26 s"a" s"2" 26 s"b" s"1" } "1"
       pub < 40 02 0001
       ${back5('f1')}
       a < 32 .. s"f/kept" 0001 { 01 01 03 s"text" 08 s"r" 09 0001 ff 26 s"b" s"1" 26 s"a" s"2" 26 s"b" s"1" } "1"`,
    ],
    [
      'with the Subscription Identifier of its subscription [MQTT-3.3.4-3]',
      `a > ${connect5('f2', lasting, '00')}
       a < ${accepted5}
       a > 82 .. 0001 { 0b 09 } s"f/id" 01
       a < 90 04 0001 00 01
       a > e0 00
       a closed
       ${open5('pub')}
       pub > 32 .. s"f/id" 0001 00 "1"
       pub < 40 02 0001
       ${back5('f2')}
       a < 32 .. s"f/id" 0001 { 0b 09 } "1"`,
    ],
    [
      'what was not acknowledged comes again with DUP and the same identifiers, in order [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.3.2-3] [MQTT-4.3.3-3] [MQTT-4.3.3-5] [MQTT-4.3.3-6]',
      `a > ${connect5('f3', lasting, '00')}
       a < ${accepted5}
       ${subscribe5('a', 'f/again', '02')}
       ${open5('pub')}
       pub > 32 .. s"f/again" 0001 00 "1"
       pub < 40 02 0001
       pub > 34 .. s"f/again" 0002 00 "2"
       pub < 50 02 0002
       pub > 62 02 0002
       pub < 70 02 0002
       a < 32 .. s"f/again" 0001 00 "1"
       a < 34 .. s"f/again" 0002 00 "2"
       a drops
       ${back5('f3')}
       a < 3a .. s"f/again" 0001 00 "1"
       a < 3c .. s"f/again" 0002 00 "2"
       a > 50 02 0002
       a < 62 02 0002
       a drops
       ${back5('f3')}
       a < 3a .. s"f/again" 0001 00 "1"
       a < 62 02 0002
       a > 40 02 0001 70 02 0002
       a quiet
       a drops
       ${back5('f3')}
       a quiet`,
    ],
    [
      'nothing is sent again while the connection lasts [MQTT-4.4.0-1]',
      `a > ${connect5('f4', lasting, '00')}
       a < ${accepted5}
       ${subscribe5('a', 'f/patient', '01')}
       a > 32 .. s"f/patient" 0001 00 "1"
       a < 32 .. s"f/patient" 0001 00 "1"
       a < 40 02 0001
       a > c0 00
       a < d0 00
       a quiet`,
    ],
    [
      'a message that the client refused does not come again [MQTT-4.4.0-2]',
      `a > ${connect5('f5', lasting, '00')}
       a < ${accepted5}
       ${subscribe5('a', 'f/refused', '02')}
       ${open5('pub')}
       pub > 32 .. s"f/refused" 0001 00 "1"
       pub < 40 02 0001
       pub > 34 .. s"f/refused" 0002 00 "2"
       pub < 50 02 0002
       pub > 62 02 0002
       pub < 70 02 0002
       a < 32 .. s"f/refused" 0001 00 "1"
       a < 34 .. s"f/refused" 0002 00 "2"
       a > 40 03 0001 83
       a > 50 03 0002 97
       a quiet
       a drops
       ${back5('f5')}
       a quiet`,
    ],
    [
      'Clean Start throws away what was kept, and its subscriptions [MQTT-3.1.2-4]',
      `${away5('f6', 'f/thrown')}
       ${open5('pub')}
       pub > 32 .. s"f/thrown" 0001 00 "1"
       pub < 40 02 0001
       a > ${connect5('f6', lasting, '02')}
       a < ${accepted5}
       pub > 32 .. s"f/thrown" 0002 00 "2"
       pub < 40 03 0002 10
       a quiet`,
    ],
    [
      'a session with Session Expiry Interval 0 ends with its connection [MQTT-4.1.0-2]',
      `a > ${connect5('f7', '', '00')}
       a < ${accepted5}
       ${subscribe5('a', 'f/ends', '01')}
       a > e0 00
       a closed
       ${open5('pub')}
       pub > 32 .. s"f/ends" 0001 00 "1"
       pub < 40 03 0001 10
       a > ${connect5('f7', '', '00')}
       a < ${accepted5}`,
    ],
    [
      'a session that goes on with Session Expiry Interval 0 has its messages, and ends then [MQTT-3.1.2-5] [MQTT-4.1.0-1] [MQTT-4.1.0-2]',
      `${away5('f8', 'f/last')}
       ${open5('pub')}
       pub > 32 .. s"f/last" 0001 00 "1"
       pub < 40 02 0001
       ${back5('f8', '')}
       a < 32 .. s"f/last" 0001 00 "1"
       a > 40 02 0001
       pub > 32 .. s"f/last" 0002 00 "2"
       pub < 40 02 0002
       a < 32 .. s"f/last" 0002 00 "2"
       a > 40 02 0002 e0 00
       a closed
       a > ${connect5('f8', '', '00')}
       a < ${accepted5}`,
    ],
    [
      'the packet identifiers that an earlier connection left open are not given away [MQTT-2.2.1-4]',
      `a > ${connect5('f9', lasting, '00')}
       a < ${accepted5}
       ${subscribe5('a', 'f/open', '01')}
       a > 32 .. s"f/open" 0001 00 "1"
       a < 32 .. s"f/open" 0001 00 "1"
       a < 40 02 0001
       a drops
       ${back5('f9')}
       a < 3a .. s"f/open" 0001 00 "1"
       a > 32 .. s"f/open" 0001 00 "2"
       a < 32 .. s"f/open" 0002 00 "2"
       a < 40 02 0001`,
    ],
  ]);
});

describe.concurrent('MQTT 5: what time does', () => {
  protocolTests(port, [
    [
      'a session ends after its Session Expiry Interval [MQTT-4.1.0-2] [MQTT-3.1.2-23]',
      `a > ${connect5('t1', '11 00000001', '00')}
       a < ${accepted5}
       ${subscribe5('a', 't/ends', '01')}
       a > e0 00
       a closed
       # two clocks of one and a half seconds
       one > 10 .. 0004 "MQTT" 04 02 0001 s"t1one"
       one < ${accepted4}
       one closed
       one > 10 .. 0004 "MQTT" 04 02 0001 s"t1one"
       one < ${accepted4}
       one closed
       a > ${connect5('t1', '11 00000001', '00')}
       a < ${accepted5}`,
    ],
    [
      'a message that waited longer than its Message Expiry Interval is not sent, and one that may wait has the rest [MQTT-3.3.2-5] [MQTT-3.3.2-6]',
      `a > ${connect5('t2', lasting, '00')}
       a < ${accepted5}
       ${subscribe5('a', 't/expiry', '01')}
       a > e0 00
       a closed
       p2 > ${connect5('p2')}
       p2 < ${accepted5}
       p2 > 32 .. s"t/expiry" 0001 { 02 00000001 } "short"
       p2 < 40 02 0001
       p2 > 32 .. s"t/expiry" 0002 00 "for ever"
       p2 < 40 02 0002
       two > 10 .. 0004 "MQTT" 04 02 0001 s"t2two"
       two < ${accepted4}
       two closed
       a > ${connect5('t2', lasting, '00')}
       a < ${resumed5}
       a < 32 .. s"t/expiry" 0001 00 "for ever"`,
    ],
    [
      'a retained message is not sent after its Message Expiry Interval [MQTT-3.3.2-5]',
      `p3 > ${connect5('p3')}
       p3 < ${accepted5}
       p3 > 31 .. s"t/retained" { 02 00000001 } "short"
       p3 quiet
       three > 10 .. 0004 "MQTT" 04 02 0001 s"t3three"
       three < ${accepted4}
       three closed
       a > ${connect5('t3')}
       a < ${accepted5}
       ${subscribe5('a', 't/retained')}
       a quiet`,
    ],
    [
      'a message that was sent is sent again though its Message Expiry Interval is over [MQTT-4.3.3-7]',
      `a > ${connect5('t4', lasting, '00')}
       a < ${accepted5}
       ${subscribe5('a', 't/sent', '02')}
       p4 > ${connect5('p4')}
       p4 < ${accepted5}
       p4 > 34 .. s"t/sent" 0001 { 02 00000002 } "x"
       p4 < 50 02 0001
       p4 > 62 02 0001
       p4 < 70 02 0001
       a < 34 .. s"t/sent" 0001 { 02 00000002 } "x"
       a > 50 02 0001
       a < 62 02 0001
       a drops
       four > 10 .. 0004 "MQTT" 04 02 0001 s"t4four"
       four < ${accepted4}
       four closed
       four > 10 .. 0004 "MQTT" 04 02 0001 s"t4four"
       four < ${accepted4}
       four closed
       a > ${connect5('t4', lasting, '00')}
       a < ${resumed5}
       a < 62 02 0001
       a > 70 02 0001`,
    ],
    [
      'a QoS 2 message that expired is acknowledged to its end [MQTT-4.3.3-13]',
      `p5 > ${connect5('p5')}
       p5 < ${accepted5}
       p5 > 35 .. s"t/end" 0001 { 02 00000001 } "x"
       p5 < 50 03 0001 10
       five > 10 .. 0004 "MQTT" 04 02 0001 s"t5five"
       five < ${accepted4}
       five closed
       p5 > 62 02 0001
       p5 < 70 02 0001`,
    ],
  ]);
});
