import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { open4, terse } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker({ limits: { packetSize: '2KiB', topicAliases: 2 } });
const granted = '20 .. 00 00 { 21 0400 27 00000800 22 0002 }';
const open = (properties = ''): string => `> 10 .. 0004 "MQTT" 05 02 0000 { ${properties} } s"a"\n< ${granted}`;

describe('MQTT 3.1.1: a PUBLISH that ends the connection', () => {
  const refused = (name: string, packet: string): ProtocolCase => [name, `${open4('a')}\na > ${packet}\na closed`];
  protocolTests(port, [
    refused('QoS 3 [3.1.1 MQTT-3.3.1-4]', '36 .. s"t" 0007 "x"'),
    refused('DUP at QoS 0 [3.1.1 MQTT-3.3.1-2]', '38 .. s"t" "x"'),
    refused('packet identifier 0 at QoS 1 [3.1.1 MQTT-2.3.1-1]', '32 .. s"t" 0000 "x"'),
    refused('packet identifier 0 at QoS 2 [3.1.1 MQTT-2.3.1-1]', '34 .. s"t" 0000 "x"'),
    refused('no packet identifier at QoS 1 [3.1.1 MQTT-2.3.1-1]', '32 .. s"t"'),
    refused('half a packet identifier', '32 .. s"t" 00'),
    refused('no topic [3.1.1 MQTT-3.3.2-1]', '30 00'),
    refused('half a topic length [3.1.1 MQTT-3.3.2-1]', '30 01 00'),
    refused('a topic longer than the packet [3.1.1 MQTT-3.3.2-1]', '30 03 0005 "t"'),
    refused('an empty topic [3.1.1 MQTT-4.7.3-1]', '30 .. 0000 "x"'),
    refused('+ in the topic [3.1.1 MQTT-3.3.2-2] [3.1.1 MQTT-4.7.1-1]', '30 .. s"a/+" "x"'),
    refused('# in the topic [3.1.1 MQTT-3.3.2-2] [3.1.1 MQTT-4.7.1-1]', '30 .. s"#" "x"'),
    refused('U+0000 in the topic [3.1.1 MQTT-4.7.3-2] [3.1.1 MQTT-1.5.3-2]', '30 .. 0003 610062 "x"'),
    refused('a topic that is not UTF-8 [3.1.1 MQTT-1.5.3-1]', '30 .. 0002 c328 "x"'),
    refused('a surrogate in the topic [3.1.1 MQTT-1.5.3-1]', '30 .. 0003 edbfbf "x"'),
    refused('an overlong form in the topic [3.1.1 MQTT-1.5.3-1]', '30 .. 0002 c0af "x"'),
    refused('a remaining length of five bytes [3.1.1 MQTT-4.8.0-1]', '30 8080808001'),
    refused('a packet above the limit of the broker', '30 .. s"t" 61*2048'),
    refused('a packet above the limit, by its header alone', '30 ffffff7f'),
  ]);
});

describe('MQTT 5: a PUBLISH that ends the connection', () => {
  const refused = (name: string, packet: string, code: string): ProtocolCase => [
    name,
    `${open(terse)}\n> ${packet}\n< e0 01 ${code}\nclosed`,
  ];
  protocolTests(port, [
    refused('QoS 3: 0x81 [MQTT-3.3.1-4] [MQTT-4.13.1-1]', '36 .. s"t" 0007 00 "x"', '81'),
    refused('DUP at QoS 0: 0x81 [MQTT-3.3.1-2]', '38 .. s"t" 00 "x"', '81'),
    refused('packet identifier 0 at QoS 1: 0x82 [MQTT-2.2.1-3]', '32 .. s"t" 0000 00 "x"', '82'),
    refused('packet identifier 0 at QoS 2: 0x82 [MQTT-2.2.1-3]', '34 .. s"t" 0000 00 "x"', '82'),
    refused('no packet identifier at QoS 1: 0x81', '32 .. s"t"', '81'),
    refused('no property length: 0x81 [MQTT-2.2.2-1]', '30 .. s"t"', '81'),
    refused('no topic: 0x81 [MQTT-3.3.2-1]', '30 00', '81'),
    refused('a topic longer than the packet: 0x81 [MQTT-3.3.2-1]', '30 03 0005 "t"', '81'),
    refused('an empty topic and no alias: 0x82 [MQTT-4.7.3-1]', '30 .. 0000 00 "x"', '82'),
    refused('+ in the topic: 0x81 [MQTT-3.3.2-2] [MQTT-4.7.0-1]', '30 .. s"a/+" 00 "x"', '81'),
    refused('# in the topic: 0x81 [MQTT-3.3.2-2] [MQTT-4.7.0-1]', '30 .. s"#" 00 "x"', '81'),
    refused('U+0000 in the topic: 0x81 [MQTT-4.7.3-2] [MQTT-1.5.4-2]', '30 .. 0003 610062 00 "x"', '81'),
    refused('a topic that is not UTF-8: 0x81 [MQTT-1.5.4-1]', '30 .. 0002 c328 00 "x"', '81'),
    refused('a surrogate in the topic: 0x81 [MQTT-1.5.4-1]', '30 .. 0003 eda080 00 "x"', '81'),
    refused('properties longer than the packet: 0x81', '30 .. s"t" 05 01 00', '81'),
    refused('a property that does not exist: 0x81', '30 .. s"t" { 00 } "x"', '81'),
    refused('a property identifier above 0x7F: 0x81', '30 .. s"t" { 8001 00 } "x"', '81'),
    refused('Session Expiry Interval: 0x82', '30 .. s"t" { 11 00000001 } "x"', '82'),
    refused('Reason String: 0x82', '30 .. s"t" { 1f s"r" } "x"', '82'),
    refused('Subscription Identifier: 0x82 [MQTT-3.3.4-6]', '30 .. s"t" { 0b 01 } "x"', '82'),
    refused('Payload Format Indicator twice: 0x82', '30 .. s"t" { 01 00 01 00 } "x"', '82'),
    refused('Payload Format Indicator 2: 0x82', '30 .. s"t" { 01 02 } "x"', '82'),
    refused('Message Expiry Interval twice: 0x82', '30 .. s"t" { 02 00000001 02 00000001 } "x"', '82'),
    refused('Message Expiry Interval cut short: 0x81', '30 .. s"t" { 02 0001 } "x"', '81'),
    refused('Content Type twice: 0x82', '30 .. s"t" { 03 s"a" 03 s"a" } "x"', '82'),
    refused('Content Type that is not UTF-8: 0x81 [MQTT-3.3.2-19]', '30 .. s"t" { 03 0001 ff } "x"', '81'),
    refused('Response Topic twice: 0x82', '30 .. s"t" { 08 s"a" 08 s"a" } "x"', '82'),
    refused('Response Topic that is not UTF-8: 0x81 [MQTT-3.3.2-13]', '30 .. s"t" { 08 0001 ff } "x"', '81'),
    refused('Response Topic with a wildcard: 0x81 [MQTT-3.3.2-14]', '30 .. s"t" { 08 s"a/#" } "x"', '81'),
    refused('Correlation Data twice: 0x82', '30 .. s"t" { 09 0001 00 09 0001 00 } "x"', '82'),
    refused('Topic Alias twice: 0x82', '30 .. s"t" { 23 0001 23 0001 } "x"', '82'),
    refused('Topic Alias 0: 0x94 [MQTT-3.3.2-8]', '30 .. s"t" { 23 0000 } "x"', '94'),
    refused('Topic Alias above the maximum: 0x94 [MQTT-3.3.2-9] [MQTT-3.2.2-17]', '30 .. s"t" { 23 0003 } "x"', '94'),
    refused('a Topic Alias that was never set: 0x82', '30 .. 0000 { 23 0001 } "x"', '82'),
    refused(
      'a User Property with a value that is not UTF-8: 0x81 [MQTT-1.5.7-1]',
      '30 .. s"t" { 26 s"k" 0001 ff } "x"',
      '81',
    ),
    refused('a User Property without a value: 0x81', '30 .. s"t" { 26 s"k" } "x"', '81'),
    refused('a property length in more bytes than it needs: 0x81 [MQTT-1.5.5-1]', '30 .. s"t" 8000 "x"', '81'),
    refused('a packet above the limit of the broker: 0x95 [MQTT-3.2.2-15]', '30 .. s"t" 00 61*2048', '95'),
  ]);
  protocolTests(port, [
    [
      'with Request Problem Information the client hears why [MQTT-4.13.1-1] [MQTT-3.14.2-1]',
      `${open()}
       > 36 .. s"t" 0007 00 "x"
       < e0 .. 81 { <reason> }
       closed`,
    ],
    [
      'the reason is left out where it would not fit into the Maximum Packet Size [MQTT-3.14.2-3] [MQTT-3.1.2-24]',
      `> 10 .. 0004 "MQTT" 05 02 0000 { 27 00000014 } s"a"
       < ${granted}
       > 36 .. s"t" 0007 00 "x"
       < e0 01 81
       closed`,
    ],
    [
      'nothing that follows is handled [MQTT-3.14.4-1] [MQTT-3.14.4-2]',
      `${open(terse)}
       > 36 06 s"t" 0007 00 c0 00
       < e0 01 81
       closed`,
    ],
    [
      'a payload that is not the UTF-8 it claims to be at QoS 0: 0x99',
      `${open(terse)}
       > 30 .. s"t" { 01 01 } ff
       < e0 01 99
       closed`,
    ],
    [
      'a payload that is what it claims to be',
      `${open(terse)}
       > 32 .. s"t" 0007 { 01 01 } "é"
       < 40 03 0007 10`,
    ],
    [
      'without Request Problem Information PUBACK has the reason code alone [MQTT-3.1.2-29] [MQTT-3.4.2-1]',
      `${open(terse)}
       > 32 .. s"$SYS/x" 0007 00 "x"
       < 40 03 0007 87`,
    ],
  ]);
});

describe('MQTT 5: a PUBLISH that is not allowed', () => {
  protocolTests(port, [
    [
      'QoS 1: PUBACK 0x87 says why, and the connection stays [MQTT-3.4.2-1]',
      `${open()}
       > 32 .. s"$SYS/x" 0007 00 "x"
       < 40 .. 0007 87 { <reason> }`,
    ],
    [
      'QoS 2: PUBREC 0x87 says why, and no PUBREL is waited for [MQTT-3.5.2-1]',
      `${open()}
       > 34 .. s"$SYS/x" 0007 00 "x"
       < 50 .. 0007 87 { <reason> }`,
    ],
    ...['$SYS/', '$pki/'].map(
      (start): ProtocolCase => [
        `a long topic below ${start} is refused with the same code as a short one [MQTT-3.4.2-1] [MQTT-3.5.2-1]`,
        `${open()}
         > 32 .. 006e "${start}" 78*105 0007 00 "x"
         < 40 .. 0007 87 { <reason> }
         > 34 .. 006e "${start}" 78*105 0008 00 "x"
         < 50 .. 0008 87 { <reason> }
         > 32 .. 03e8 "${start}" 78*995 0009 00 "x"
         < 40 .. 0009 87 { <reason> }`,
      ],
    ),
    [
      'the reason is left out where it would not fit into the Maximum Packet Size [MQTT-3.4.2-2] [MQTT-3.5.2-2] [MQTT-3.1.2-24]',
      `> 10 .. 0004 "MQTT" 05 02 0000 { 27 00000010 } s"a"
       < ${granted}
       > 32 .. s"$SYS/x" 0007 00 "x"
       < 40 03 0007 87
       > 34 .. s"$SYS/x" 0008 00 "x"
       < 50 03 0008 87`,
    ],
    [
      'after a PUBREC that refuses, the identifier means a new message [MQTT-4.3.3-9]',
      `${open(terse)}
       > 82 .. 0001 00 s"allowed" 00
       < 90 04 0001 00 00
       > 34 .. s"$SYS/x" 0007 00 "x"
       < 50 03 0007 87
       > 34 .. s"allowed" 0007 00 "x"
       < 30 .. s"allowed" 00 "x"
       < 50 02 0007
       > 62 02 0007
       < 70 02 0007`,
    ],
    [
      'QoS 0: nobody gets it, and the connection stays [MQTT-4.7.2-1]',
      `${open(terse)}
       > 82 .. 0001 00 s"$SYS/x" 00
       < 90 04 0001 00 00
       > 30 .. s"$SYS/x" 00 "x"`,
    ],
  ]);
});

describe('MQTT 3.1.1: a PUBLISH that is not allowed', () => {
  protocolTests(port, [
    [
      'ends the connection, as no answer could say no, and nobody gets it [3.1.1 MQTT-3.3.5-2]',
      `${open5sub()}
       ${open4('pub')}
       pub > 32 .. s"$SYS/x" 0007 "x"
       pub closed
       sub quiet`,
    ],
  ]);
});

function open5sub(): string {
  return `sub > 10 .. 0004 "MQTT" 05 02 0000 00 s"sub"
          sub < ${granted}
          sub > 82 .. 0001 00 s"$SYS/x" 00
          sub < 90 04 0001 00 00`;
}
