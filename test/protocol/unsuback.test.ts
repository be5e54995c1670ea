import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { open4, open5 } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('MQTT 3.1.1: UNSUBACK', () => {
  protocolTests(port, [
    ...['0001', '0100', '7fff', 'fffe'].map(
      (id) =>
        [
          `has the packet identifier of its UNSUBSCRIBE: 0x${id} [3.1.1 MQTT-3.10.4-4] [3.1.1 MQTT-2.3.1-7]`,
          `${open4('a')}
           a > 82 .. 0001 s"t" 00
           a < 90 03 0001 00
           a > a2 .. ${id} s"t"
           a < b0 02 ${id}`,
        ] as const,
    ),
    [
      'comes also where there was no such subscription [3.1.1 MQTT-3.10.4-5]',
      `${open4('a')}
       a > a2 .. 0001 s"never"
       a < b0 02 0001`,
    ],
    [
      'comes once for several filters [3.1.1 MQTT-3.10.4-6]',
      `${open4('a')}
       a > a2 .. 0001 s"a" s"b" s"c"
       a < b0 02 0001`,
    ],
    [
      'comes for the names that objects have in a program',
      `${open4('a')}
       a > a2 .. 0001 s"toString" | a2 .. 0002 s"__proto__" | a2 .. 0003 s"constructor" s"hasOwnProperty"
       a < b0 02 0001
       a < b0 02 0002
       a < b0 02 0003`,
    ],
  ]);
});

describe('MQTT 5: UNSUBACK', () => {
  protocolTests(port, [
    ...['0001', '0100', '7fff', 'fffe'].map(
      (id) =>
        [
          `has the packet identifier of its UNSUBSCRIBE: 0x${id} [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-2.2.1-6]`,
          `${open5('a')}
           a > 82 .. 0001 00 s"t" 00
           a < 90 04 0001 00 00
           a > a2 .. ${id} 00 s"t"
           a < b0 04 ${id} 00 00`,
        ] as const,
    ),
    [
      'says 0x11 where there was no such subscription [MQTT-3.10.4-5] [MQTT-3.11.3-2]',
      `${open5('a')}
       a > a2 .. 0001 00 s"never"
       a < b0 04 0001 00 11`,
    ],
    [
      'has a code for each filter, in their order [MQTT-3.11.3-1] [MQTT-3.11.3-2] [MQTT-3.10.4-6]',
      `${open5('a')}
       a > 82 .. 0001 00 s"one" 00 s"three" 00
       a < 90 05 0001 00 00 00
       a > a2 .. 0002 00 s"one" s"two" s"three" s"one"
       a < b0 07 0002 00 00 11 00 11`,
    ],
    [
      'User Properties of an UNSUBSCRIBE are taken',
      `${open5('a')}
       a > a2 .. 0001 { 26 s"k" s"v" 26 s"k" s"v" } s"never"
       a < b0 04 0001 00 11`,
    ],
  ]);
});
