import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted5, connect5, open4, open5, subscribe4, subscribe5, terse } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

describe('MQTT 5: Receive Maximum of the client', () => {
  const port = protocolBroker();
  protocolTests(port, [
    [
      'no more QoS 1 messages are under way than it takes; others follow as it answers [MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2]',
      `sub > ${connect5('sub', '21 0002')}
       sub < ${accepted5}
       ${subscribe5('sub', 'f/1', '01')}
       ${open5('pub')}
       pub > 32 .. s"f/1" 0001 00 "1" | 32 .. s"f/1" 0002 00 "2" | 32 .. s"f/1" 0003 00 "3" | 32 .. s"f/1" 0004 00 "4"
       pub < 40 02 0001
       pub < 40 02 0002
       pub < 40 02 0003
       pub < 40 02 0004
       sub < 32 .. s"f/1" 0001 00 "1"
       sub < 32 .. s"f/1" 0002 00 "2"
       sub quiet
       sub > 40 02 0001
       sub < 32 .. s"f/1" 0003 00 "3"
       sub quiet
       sub > 40 02 0003
       sub < 32 .. s"f/1" 0004 00 "4"`,
    ],
    [
      'a QoS 2 message holds its place until PUBCOMP [MQTT-3.3.4-9] [MQTT-4.9.0-2]',
      `sub > ${connect5('sub', '21 0001')}
       sub < ${accepted5}
       ${subscribe5('sub', 'f/2', '02')}
       ${open5('pub')}
       pub > 34 .. s"f/2" 0001 00 "1" | 34 .. s"f/2" 0002 00 "2"
       pub < 50 02 0001
       pub < 50 02 0002
       pub > 62 02 0001 62 02 0002
       pub < 70 02 0001
       pub < 70 02 0002
       sub < 34 .. s"f/2" 0001 00 "1"
       sub > 50 02 0001
       sub < 62 02 0001
       sub quiet
       sub > 70 02 0001
       sub < 34 .. s"f/2" 0002 00 "2"`,
    ],
    [
      'a PUBREC that refuses gives the place back, and no PUBREL follows [MQTT-4.9.0-2] [MQTT-4.3.3-4]',
      `sub > ${connect5('sub', '21 0001')}
       sub < ${accepted5}
       ${subscribe5('sub', 'f/refuse', '02')}
       ${open5('pub')}
       pub > 34 .. s"f/refuse" 0001 00 "1" | 34 .. s"f/refuse" 0002 00 "2"
       pub < 50 02 0001
       pub < 50 02 0002
       pub > 62 02 0001 62 02 0002
       pub < 70 02 0001
       pub < 70 02 0002
       sub < 34 .. s"f/refuse" 0001 00 "1"
       sub > 50 03 0001 80
       sub < 34 .. s"f/refuse" 0002 00 "2"
       sub quiet`,
    ],
    [
      'QoS 0 and everything else goes on [MQTT-3.3.4-10] [MQTT-4.9.0-3]',
      `sub > ${connect5('sub', '21 0001')}
       sub < ${accepted5}
       ${subscribe5('sub', 'f/else', '01')}
       ${open5('pub')}
       pub > 32 .. s"f/else" 0001 00 "1" | 32 .. s"f/else" 0002 00 "2" | 30 .. s"f/else" 00 "0"
       pub < 40 02 0001
       pub < 40 02 0002
       sub < 32 .. s"f/else" 0001 00 "1"
       sub < 30 .. s"f/else" 00 "0"
       sub > c0 00
       sub < d0 00
       sub > 82 .. 0002 00 s"f/other" 00
       sub < 90 04 0002 00 00
       sub > 32 .. s"nobody" 0009 00 "x"
       sub < 40 03 0009 10
       sub > 40 02 0001
       sub < 32 .. s"f/else" 0002 00 "2"`,
    ],
    [
      'a session that stays has the same, for what came while it was away [MQTT-3.3.4-9]',
      `sub > ${connect5('stays', '11 00000258 21 0001', '00')}
       sub < ${accepted5}
       ${subscribe5('sub', 'f/stays', '01')}
       sub > e0 00
       sub closed
       ${open5('pub')}
       pub > 32 .. s"f/stays" 0001 00 "1" | 32 .. s"f/stays" 0002 00 "2" | 32 .. s"f/stays" 0003 00 "3"
       pub < 40 02 0001
       pub < 40 02 0002
       pub < 40 02 0003
       sub > ${connect5('stays', '11 00000258 21 0002', '00')}
       sub < ${accepted5.replace('00 00', '01 00')}
       sub < 32 .. s"f/stays" 0001 00 "1"
       sub < 32 .. s"f/stays" 0002 00 "2"
       sub quiet
       sub > 40 02 0002
       sub < 32 .. s"f/stays" 0003 00 "3"`,
    ],
    [
      'MQTT 3.1.1 clients get what there is, up to the limit of the broker',
      `${open4('sub')}
       ${subscribe4('sub', 'f/4', '01')}
       ${open5('pub')}
       pub > 32 .. s"f/4" 0001 00 "1" | 32 .. s"f/4" 0002 00 "2" | 32 .. s"f/4" 0003 00 "3"
       pub < 40 02 0001
       pub < 40 02 0002
       pub < 40 02 0003
       sub < 32 .. s"f/4" 0001 "1"
       sub < 32 .. s"f/4" 0002 "2"
       sub < 32 .. s"f/4" 0003 "3"`,
    ],
  ]);
});

describe('MQTT 5: Receive Maximum of the broker', () => {
  const port = protocolBroker({ limits: { receiveMaximum: 2 } });
  const granted = '20 .. 00 00 { 21 0002 27 00100000 22 0020 }';
  const open = `a > ${connect5('a', terse)}\na < ${granted}`;
  protocolTests(port, [
    [
      'a third QoS 2 message before the first is complete: 0x93 [MQTT-3.3.4-7]',
      `${open}
       a > 34 .. s"t" 0001 00 "1"
       a < 50 03 0001 10
       a > 34 .. s"t" 0002 00 "2"
       a < 50 03 0002 10
       a > 34 .. s"t" 0003 00 "3"
       a < e0 01 93
       a closed`,
    ],
    [
      'PUBCOMP gives the place back [MQTT-3.3.4-7] [MQTT-4.9.0-1]',
      `${open}
       a > 34 .. s"t" 0001 00 "1" | 34 .. s"t" 0002 00 "2"
       a < 50 03 0001 10
       a < 50 03 0002 10
       a > 62 02 0001
       a < 70 02 0001
       a > 34 .. s"t" 0003 00 "3"
       a < 50 03 0003 10`,
    ],
    [
      'the same message again takes no second place',
      `${open}
       a > 34 .. s"t" 0001 00 "1" | 34 .. s"t" 0002 00 "2"
       a < 50 03 0001 10
       a < 50 03 0002 10
       a > 3c .. s"t" 0002 00 "2"
       a < 50 02 0002`,
    ],
    [
      'QoS 1 messages that are acknowledged take no place',
      `${open}
       a > 32 .. s"t" 0001 00 "1"
       a < 40 03 0001 10
       a > 32 .. s"t" 0001 00 "2"
       a < 40 03 0001 10
       a > 32 .. s"t" 0001 00 "3"
       a < 40 03 0001 10`,
    ],
  ]);
});

describe('MQTT 5: Maximum Packet Size of the client', () => {
  const port = protocolBroker();
  protocolTests(port, [
    [
      'a message that is larger is not sent, as if it had been, and those after it are [MQTT-3.1.2-24] [MQTT-3.1.2-25]',
      `sub > ${connect5('sub', '27 00000020')}
       sub < ${accepted5}
       ${subscribe5('sub', 'm/1', '01')}
       ${open5('pub')}
       pub > 32 .. s"m/1" 0001 00 61*40
       pub < 40 02 0001
       pub > 32 .. s"m/1" 0002 00 "small"
       pub < 40 02 0002
       sub < 32 .. s"m/1" 0002 00 "small"`,
    ],
    [
      'one that fits exactly is sent, one byte more is not [MQTT-3.1.2-24]',
      `sub > ${connect5('sub', '27 00000020')}
       sub < ${accepted5}
       ${subscribe5('sub', 'm/2', '00')}
       ${open5('pub')}
       pub > 30 .. s"m/2" 00 61*25 | 30 .. s"m/2" 00 61*24
       pub quiet
       sub < 30 1e s"m/2" 00 61*24`,
    ],
    [
      'a retained message that is larger is not sent [MQTT-3.1.2-24]',
      `${open5('pub')}
       pub > 31 .. s"m/3" 00 61*40
       pub quiet
       sub > ${connect5('sub', '27 00000020')}
       sub < ${accepted5}
       ${subscribe5('sub', 'm/3', '00')}
       sub quiet`,
    ],
    [
      'one that waited and is larger is dropped, and those after it are sent [MQTT-3.1.2-25]',
      `sub > ${connect5('small', '11 00000258', '00')}
       sub < ${accepted5}
       ${subscribe5('sub', 'm/4', '01')}
       sub > e0 00
       sub closed
       ${open5('pub')}
       pub > 32 .. s"m/4" 0001 00 61*40
       pub < 40 02 0001
       pub > 32 .. s"m/4" 0002 00 "small"
       pub < 40 02 0002
       sub > ${connect5('small', '11 00000258 27 00000020', '00')}
       sub < ${accepted5.replace('00 00', '01 00')}
       sub < 32 .. s"m/4" 0002 00 "small"`,
    ],
    ...[2, 3, 4].map(
      (size): ProtocolCase => [
        `CONNACK that is larger than ${size} bytes is not sent, and the connection closed [MQTT-3.1.2-24]`,
        `a > ${connect5('a', `27 0000000${size}`)}
         a closed`,
      ],
    ),
    ...[5, 7].map(
      (size): ProtocolCase => [
        `CONNACK of at most ${size} bytes has no properties [MQTT-3.1.2-24]`,
        `a > ${connect5('a', `27 0000000${size}`)}
         a < 20 03 00 00 00
         a > c0 00
         a < d0 00
         a > e0 00
         a closed`,
      ],
    ),
    [
      'CONNACK keeps the Receive Maximum longest [MQTT-3.1.2-24]',
      `a > ${connect5('a', '27 00000008')}
       a < 20 .. 00 00 { 21 0400 }
       a > e0 00
       a closed`,
    ],
    [
      'a client that is given a name hears it, or CONNACK 0x95 where it does not fit [MQTT-3.2.2-16] [MQTT-3.1.2-24]',
      `a > ${connect5('', '27 0000000a')}
       a < 20 03 00 95 00
       a closed
       a > ${connect5('', '27 00000038')}
       a < 20 .. 00 00 { 21 0400 12 <text> }`,
    ],
    ...[2, 4].map(
      (size): ProtocolCase => [
        `a refusal in CONNACK that is larger than ${size} bytes is not sent [MQTT-3.1.2-24]`,
        `a > ${connect5('a', `27 0000000${size} 15 s"m"`)}
         a closed`,
      ],
    ),
    [
      'SUBACK and UNSUBACK that are larger are not sent: 0x95 [MQTT-3.1.2-24]',
      `a > ${connect5('a', '27 00000008')}
       a < 20 .. 00 00 { 21 0400 }
       a > 82 .. 0001 00 s"m/5" 00
       a < 90 04 0001 00 00
       a > 82 .. 0002 00 s"m/5" 00 s"m/6" 00 s"m/7" 00 s"m/8" 00
       a < e0 01 95
       a closed
       a > ${connect5('a', '27 00000008')}
       a < 20 .. 00 00 { 21 0400 }
       a > a2 .. 0001 00 s"m/5" s"m/6" s"m/7" s"m/8"
       a < e0 01 95
       a closed`,
    ],
    [
      'a PUBLISH of any size goes to nobody who takes 5 bytes, and its connection stays [MQTT-3.1.2-24]',
      `sub > ${connect5('sub', '27 00000006')}
       sub < 20 03 00 00 00
       sub > 82 .. 0001 00 s"m/9" 01
       sub < 90 04 0001 00 01
       ${open5('pub')}
       pub > 32 .. s"m/9" 0001 00 "x"
       pub < 40 02 0001
       sub > c0 00
       sub < d0 00
       sub > e0 00
       sub closed`,
    ],
  ]);
});
