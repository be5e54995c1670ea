import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import {
  accepted4,
  accepted5,
  connect4,
  connect5,
  open4,
  open5,
  subscribe5,
  terse,
} from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('a packet is refused at its first byte where that is wrong', () => {
  const refused4 = (name: string, bytes: string): ProtocolCase => [
    name,
    `${open4('a')}
     a > ${bytes}
     a closed`,
  ];
  const refused5 = (name: string, bytes: string, code: string): ProtocolCase => [
    name,
    `${open5('a', terse)}
     a > ${bytes}
     a < e0 01 ${code}
     a closed`,
  ];
  protocolTests(port, [
    refused4('MQTT 3.1.1: packet type 0, its length not complete [2.1.2]', '0a c0'),
    refused4('MQTT 3.1.1: packet type 15 [2.1.2]', 'f0'),
    refused4('MQTT 3.1.1: flags of SUBSCRIBE [MQTT-2.1.3-1]', '80'),
    refused4('MQTT 3.1.1: PUBLISH at QoS 3 [MQTT-3.3.1-4]', '36'),
    refused4('MQTT 3.1.1: a second CONNECT [MQTT-3.1.0-2]', '10'),
    refused4('MQTT 3.1.1: what only servers send [2.1.2]', '20'),
    refused5('MQTT 5: packet type 0, its length not complete: 0x81 [2.1.2]', '0a c0', '81'),
    refused5('MQTT 5: flags of PUBREL: 0x81 [MQTT-2.1.3-1]', '60', '81'),
    refused5('MQTT 5: DUP at QoS 0: 0x81 [MQTT-3.3.1-2]', '38', '81'),
    refused5('MQTT 5: a second CONNECT: 0x82 [MQTT-3.1.0-2]', '10', '82'),
    refused5('MQTT 5: AUTH nobody agreed on: 0x82 [MQTT-4.12.0-7]', 'f0', '82'),
    ['a first packet that is no CONNECT [MQTT-3.1.0-1]', `a > 30\na closed`],
    ['a CONNECT with flags [MQTT-2.1.3-1]', `a > 12\na closed`],
  ]);
});

describe('a remaining length in more bytes than it needs', () => {
  protocolTests(port, [
    [
      'MQTT 3.1.1 takes it in every packet, and subscribers of all versions get the shortest [2.2.3]',
      `a > 10 8d8000 0004 "MQTT" 04 02 0000 s"a"
       a < ${accepted4}
       a > c0 8000
       a < d0 00
       ${open4('four')}
       four > 82 868000 0001 s"t" 01
       four < 90 03 0001 01
       ${open5('five')}
       ${subscribe5('five', 't', '01')}
       a > 30 83808000 s"t" | 32 868000 s"t" 0007 "x"
       four < 30 03 s"t"
       five < 30 04 s"t" 00
       a < 40 02 0007
       four < 32 06 s"t" 0001 "x"
       five < 32 07 s"t" 0001 00 "x"
       four > 40 828000 0001
       a > e0 8000
       a closed`,
    ],
    ['MQTT 3.1 takes it', 'a > 10 8f8000 0006 "MQIsdp" 03 02 0000 s"a"\na < 20 02 00 00\na > c0 80808000\na < d0 00'],
    [
      'MQTT 5 refuses it in CONNECT: 0x81 [MQTT-1.5.5-1]',
      'a > 10 8e8000 0004 "MQTT" 05 02 0000 00 s"a"\na < 20 .. 00 81 { <reason> }\na closed',
    ],
    [
      'MQTT 5 refuses it afterwards, before the packet is whole: 0x81 [MQTT-1.5.5-1]',
      `${open5('a', terse)}
       a > 30 838000
       a < e0 01 81
       a closed`,
    ],
    ['a fifth byte is too many in every version [2.2.3]', `${open4('a')}\na > 30 80808080\na closed`],
  ]);
});

describe('a CONNECT over limits.connectPacketSize', () => {
  const tokenBytes = 16 * 1024;
  protocolTests(port, [
    [
      'MQTT 5 hears CONNACK 0x95 as soon as its start is read [4.13.2]',
      'a > 10 818004 0004 "MQTT" 05 02 003c\na < 20 .. 00 95 { <reason> }\na closed',
    ],
    [
      'MQTT 5 hears it when the start comes in pieces, too',
      'a > 10 8180\na > 04 0004 "MQ"\na > "TT"\na > 05 02 003c\na < 20 .. 00 95 { <reason> }\na closed',
    ],
    ['MQTT 3.1.1 has no code for it: the connection is closed', 'a > 10 818004 0004 "MQTT" 04 02 003c\na closed'],
    ['MQTT 3.1: the connection is closed', 'a > 10 818004 0006 "MQIsdp" 03 02\na closed'],
    [
      'a token of 16 KiB as password is taken (MQTT 3.1.1)',
      `a > ${connect4('a', 'c2', `s"device" 4000 65*${tokenBytes}`)}\na < ${accepted4}`,
    ],
    [
      'a token of 16 KiB as password is taken (MQTT 5)',
      `a > ${connect5('a', '', 'c2', `s"device" 4000 65*${tokenBytes}`)}\na < ${accepted5}`,
    ],
  ]);
});
