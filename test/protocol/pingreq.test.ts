import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted4, accepted5, open4, open5, terse } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('PINGREQ', () => {
  const refused4 = (name: string, packet: string): ProtocolCase => [name, `${open4('a')}\na > ${packet}\na closed`];
  const refused5 = (name: string, packet: string, code: string): ProtocolCase => [
    name,
    `${open5('a', terse)}\na > ${packet}\na < e0 01 ${code}\na closed`,
  ];
  protocolTests(port, [
    [
      'MQTT 3.1.1: is answered with PINGRESP [3.1.1 MQTT-3.12.4-1]',
      `${open4('a')}
       a > c0 00
       a < d0 00`,
    ],
    [
      'MQTT 5: is answered with PINGRESP [MQTT-3.12.4-1]',
      `${open5('a')}
       a > c0 00
       a < d0 00`,
    ],
    [
      'MQTT 3.1.1: each one of several is answered [3.1.1 MQTT-3.12.4-1]',
      `${open4('a')}
       a > c0 00 c0 00 c0 00
       a < d0 00
       a < d0 00
       a < d0 00`,
    ],
    ...['c1', 'c2', 'c4', 'c8', 'cf'].flatMap((first) => [
      refused4(
        `MQTT 3.1.1: first byte 0x${first} ends the connection [3.1.1 MQTT-2.2.2-1] [3.1.1 MQTT-2.2.2-2]`,
        `${first} 00`,
      ),
      refused5(`MQTT 5: first byte 0x${first}: 0x81 [MQTT-2.1.3-1]`, `${first} 00`, '81'),
    ]),
    refused4('MQTT 3.1.1: a byte too many ends the connection', 'c0 01 00'),
    refused5('MQTT 5: a byte too many: 0x81', 'c0 01 00', '81'),
    refused4('MQTT 3.1.1: a PINGRESP from a client ends the connection [3.1.1 MQTT-4.8.0-1]', 'd0 00'),
    refused5('MQTT 5: a PINGRESP from a client: 0x82 [MQTT-4.13.1-1]', 'd0 00', '82'),
  ]);
});

describe('packets that only servers send, or nobody', () => {
  const strange: readonly (readonly [string, string])[] = [
    ['CONNACK', '20 02 00 00'],
    ['SUBACK', '90 03 0001 00'],
    ['UNSUBACK', 'b0 02 0001'],
    ['PINGRESP', 'd0 00'],
  ];
  protocolTests(port, [
    ...strange.map(
      ([name, bytes]): ProtocolCase => [
        `MQTT 3.1.1: ${name} ends the connection [3.1.1 MQTT-4.8.0-1]`,
        `${open4('a')}\na > ${bytes}\na closed`,
      ],
    ),
    ...strange.map(
      ([name, bytes]): ProtocolCase => [
        `MQTT 5: ${name}: 0x82 [MQTT-4.13.1-1]`,
        `${open5('a', terse)}\na > ${bytes}\na < e0 01 82\na closed`,
      ],
    ),
    ['MQTT 3.1.1: type 0 ends the connection', `${open4('a')}\na > 00 00\na closed`],
    ['MQTT 3.1.1: type 15 ends the connection', `${open4('a')}\na > f0 00\na closed`],
    ['MQTT 5: type 0: 0x81', `${open5('a', terse)}\na > 00 00\na < e0 01 81\na closed`],
  ]);
});

/** These wait for one and a half seconds, and no more than the half second that the broker counts in. */
describe.concurrent('keep alive', () => {
  protocolTests(port, [
    [
      'MQTT 3.1.1: a client that is silent for one and a half times its keep alive is cut off [3.1.1 MQTT-3.1.2-24]',
      `> 10 .. 0004 "MQTT" 04 02 0001 s"silent4"
       < ${accepted4}
       closed`,
    ],
    [
      'MQTT 5: it hears 0x8D first [MQTT-3.1.2-22] [MQTT-3.2.2-22]',
      `> 10 .. 0004 "MQTT" 05 02 0001 { 17 00 } s"silent5"
       < ${accepted5}
       < e0 01 8d
       closed`,
    ],
    [
      'MQTT 3.1.1: what it publishes keeps it alive, and its silence publishes its will [3.1.1 MQTT-3.1.2-24] [3.1.1 MQTT-3.1.2-8]',
      `${open4('sub')}
       sub > 82 .. 0001 s"alive/#" 00
       sub < 90 03 0001 00
       > 10 .. 0004 "MQTT" 04 06 0001 s"silent" s"alive/will" s"gone"
       < ${accepted4}
       > 30 .. s"alive/yes" "x"
       sub < 30 .. s"alive/yes" "x"
       sub < 30 .. s"alive/will" "gone"
       closed`,
    ],
  ]);
});
