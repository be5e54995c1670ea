import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted5, connect5, open4, open5, subscribe4, subscribe5, terse } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('MQTT 5: topic aliases of the client', () => {
  protocolTests(port, [
    [
      'an alias stands for its topic, and subscribers see the topic [MQTT-3.3.2-12]',
      `${open4('sub')}
       ${subscribe4('sub', 'al/+')}
       ${open5('pub')}
       pub > 30 .. s"al/1" { 23 0001 } "1" | 30 .. 0000 { 23 0001 } "2"
       sub < 30 .. s"al/1" "1"
       sub < 30 .. s"al/1" "2"`,
    ],
    [
      'the highest alias is taken as well [MQTT-3.3.2-12]',
      `${open4('sub')}
       ${subscribe4('sub', 'al/high')}
       ${open5('pub')}
       pub > 30 .. s"al/high" { 23 0020 } "1" | 30 .. 0000 { 23 0020 } "2"
       sub < 30 .. s"al/high" "1"
       sub < 30 .. s"al/high" "2"`,
    ],
    [
      'an alias can be given another topic [MQTT-3.3.2-12]',
      `${open4('sub')}
       ${subscribe4('sub', 'al/+')}
       ${open5('pub')}
       pub > 30 .. s"al/a" { 23 0001 } "1" | 30 .. s"al/b" { 23 0001 } "2" | 30 .. 0000 { 23 0001 } "3"
       sub < 30 .. s"al/a" "1"
       sub < 30 .. s"al/b" "2"
       sub < 30 .. s"al/b" "3"`,
    ],
    [
      'at QoS 1 and 2, with other properties around it [MQTT-3.3.2-12] [MQTT-3.3.2-17]',
      `${open5('sub')}
       ${subscribe5('sub', 'al/qos', '02')}
       ${open5('pub')}
       pub > 32 .. s"al/qos" 0001 { 26 s"k" s"v" 23 0001 01 01 } "1"
       pub < 40 02 0001
       sub < 32 .. s"al/qos" 0001 { 26 s"k" s"v" 01 01 } "1"
       pub > 34 .. 0000 0002 { 23 0001 } "2"
       pub < 50 02 0002
       pub > 62 02 0002
       pub < 70 02 0002
       sub < 34 .. s"al/qos" 0002 00 "2"`,
    ],
    [
      'an alias ends with its connection [MQTT-3.3.2-7]',
      `a > ${connect5('al', `${terse} 11 0000003c`)}
       a < ${accepted5}
       a > 30 .. s"al/ends" { 23 0001 } "1"
       a drops
       a > ${connect5('al', `${terse} 11 0000003c`, '00')}
       a < ${accepted5.replace('00 00', '01 00')}
       a > 30 .. 0000 { 23 0001 } "2"
       a < e0 01 82
       a closed`,
    ],
    [
      'the aliases of a client are its own',
      `${open4('sub')}
       ${subscribe4('sub', 'al/own/+')}
       ${open5('one')}
       ${open5('two')}
       one > 30 .. s"al/own/1" { 23 0001 } "x"
       sub < 30 .. s"al/own/1" "x"
       two > 30 .. s"al/own/2" { 23 0001 } "x"
       sub < 30 .. s"al/own/2" "x"
       one > 30 .. 0000 { 23 0001 } "y"
       sub < 30 .. s"al/own/1" "y"`,
    ],
    [
      'one above the maximum: 0x94 [MQTT-3.3.2-9]',
      `${open5('a', terse)}
       a > 30 .. s"al" { 23 0021 } "1"
       a < e0 01 94
       a closed`,
    ],
  ]);
});

describe('MQTT 5: topic aliases of the broker', () => {
  protocolTests(port, [
    [
      'a client that allows none gets none [MQTT-3.1.2-27] [MQTT-3.3.2-11]',
      `${open5('sub')}
       ${subscribe5('sub', 'ab/none')}
       ${open5('pub')}
       pub > 30 .. s"ab/none" 00 "1" | 30 .. s"ab/none" 00 "2"
       sub < 30 .. s"ab/none" 00 "1"
       sub < 30 .. s"ab/none" 00 "2"`,
    ],
    [
      'a client that allows some gets the topic once, and the alias then [MQTT-3.1.2-26] [MQTT-3.3.2-11]',
      `sub > ${connect5('sub', '22 0001')}
       sub < ${accepted5}
       ${subscribe5('sub', 'ab/+')}
       ${open5('pub')}
       pub > 30 .. s"ab/one" 00 "1" | 30 .. s"ab/one" 00 "2"
       sub < 30 .. s"ab/one" { 23 0001 } "1"
       sub < 30 .. 0000 { 23 0001 } "2"`,
    ],
    [
      'never one above the maximum of the client [MQTT-3.1.2-26] [MQTT-3.3.2-11]',
      `sub > ${connect5('sub', '22 0001')}
       sub < ${accepted5}
       ${subscribe5('sub', 'ab/more/+')}
       ${open5('pub')}
       pub > 30 .. s"ab/more/1" 00 "1" | 30 .. s"ab/more/2" 00 "2" | 30 .. s"ab/more/1" 00 "3"
       sub < 30 .. s"ab/more/1" { 23 0001 } "1"
       sub < 30 .. s"ab/more/2" 00 "2"
       sub < 30 .. 0000 { 23 0001 } "3"`,
    ],
    ...[97, 98, 99].map(
      (size): ProtocolCase => [
        `an alias that makes a packet of ${size} bytes too large for the client is left out [MQTT-3.1.2-24]`,
        `sub > ${connect5('sub', '27 00000063 22 0005')}
         sub < ${accepted5}
         ${subscribe5('sub', `ab/size/${size}`, '02')}
         ${open5('pub')}
         pub > 30 .. s"ab/size/${size}" 00 78*${size - 15} | 30 .. s"ab/size/${size}" 00 "2"
         sub < 30 .. s"ab/size/${size}" 00 78*${size - 15}
         sub < 30 .. s"ab/size/${size}" { 23 0001 } "2"
         pub > 32 .. s"ab/size/more/${size}" 0001 00 "not for it" | 32 .. s"ab/size/${size}" 0002 00 "3"
         pub < 40 03 0001 10
         pub < 40 02 0002
         sub < 32 .. 0000 0001 { 23 0001 } "3"`,
      ],
    ),
  ]);
});
