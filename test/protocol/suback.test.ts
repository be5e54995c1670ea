import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted5, connect5, open4, open5 } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('MQTT 3.1.1: SUBACK', () => {
  protocolTests(port, [
    ...['00', '01', '02'].map(
      (qos) =>
        [
          `grants QoS ${qos} where it is asked for [3.1.1 MQTT-3.8.4-1] [3.1.1 MQTT-3.8.4-5]`,
          `${open4('a')}
           a > 82 .. 0001 s"t" ${qos}
           a < 90 03 0001 ${qos}`,
        ] as const,
    ),
    ...['0001', '0100', '7fff', 'ffff'].map(
      (id) =>
        [
          `has the packet identifier of its SUBSCRIBE: 0x${id} [3.1.1 MQTT-3.8.4-2] [3.1.1 MQTT-2.3.1-7]`,
          `${open4('a')}
           a > 82 .. ${id} s"t" 00
           a < 90 03 ${id} 00`,
        ] as const,
    ),
    [
      'has a code for each filter, in their order [3.1.1 MQTT-3.8.4-4] [3.1.1 MQTT-3.8.4-5] [3.1.1 MQTT-3.9.3-1]',
      `${open4('a')}
       a > 82 .. 0001 s"a" 02 s"b" 00 s"c" 01 s"d" 02 s"e" 00
       a < 90 07 0001 02 00 01 02 00`,
    ],
    [
      'has a code for a filter that is named twice as well [3.1.1 MQTT-3.8.4-5]',
      `${open4('a')}
       a > 82 .. 0001 s"a" 02 s"a" 00
       a < 90 04 0001 02 00`,
    ],
    [
      'a subscription that is refused has 0x80, and the others stand [3.1.1 MQTT-3.9.3-2] [3.1.1 MQTT-3.8.4-5]',
      `${open4('a')}
       a > 82 .. 0001 s"suback/ok" 00 s"$share/group/$SYS" 00
       a < 90 04 0001 00 00
       a > 30 .. s"suback/ok" "x"
       a < 30 .. s"suback/ok" "x"`,
    ],
    [
      'several SUBSCRIBEs under way at once are answered in their order',
      `${open4('a')}
       a > 82 .. 0001 s"a" 00 | 82 .. 0002 s"b" 01 | 82 .. 0003 s"c" 02
       a < 90 03 0001 00
       a < 90 03 0002 01
       a < 90 03 0003 02`,
    ],
  ]);
});

describe('MQTT 5: SUBACK', () => {
  protocolTests(port, [
    ...['00', '01', '02'].map(
      (qos) =>
        [
          `grants QoS ${qos} where it is asked for [MQTT-3.8.4-1] [MQTT-3.8.4-6] [MQTT-3.8.4-7] [MQTT-3.9.3-2]`,
          `${open5('a')}
           a > 82 .. 0001 00 s"t" ${qos}
           a < 90 04 0001 00 ${qos}`,
        ] as const,
    ),
    ...['0001', '0100', '7fff', 'ffff'].map(
      (id) =>
        [
          `has the packet identifier of its SUBSCRIBE: 0x${id} [MQTT-3.8.4-2] [MQTT-2.2.1-6]`,
          `${open5('a')}
           a > 82 .. ${id} 00 s"t" 00
           a < 90 04 ${id} 00 00`,
        ] as const,
    ),
    [
      'has a code for each filter, in their order [MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.9.3-1]',
      `${open5('a')}
       a > 82 .. 0001 00 s"a" 02 s"b" 00 s"c" 01 s"d" 02 s"e" 00
       a < 90 08 0001 00 02 00 01 02 00`,
    ],
    [
      'every option leaves the granted QoS as it is [MQTT-3.8.4-7]',
      `${open5('a')}
       a > 82 .. 0001 00 s"a" 2d s"b" 1e s"c" 08 s"d" 10
       a < 90 07 0001 00 01 02 00 00`,
    ],
    [
      'fits into the Maximum Packet Size of the client [MQTT-3.9.2-1] [MQTT-3.1.2-24]',
      `a > ${connect5('a', '27 00000020')}
       a < ${accepted5}
       a > 82 .. 0001 00 s"a" 00 s"b" 01
       a < 90 05 0001 00 00 01`,
    ],
  ]);
});
