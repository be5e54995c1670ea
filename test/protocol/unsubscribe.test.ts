import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { open4, open5, subscribe4, subscribe5, terse } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('MQTT 3.1.1: an UNSUBSCRIBE that ends the connection', () => {
  const refused = (name: string, packet: string): ProtocolCase => [name, `${open4('a')}\na > ${packet}\na closed`];
  protocolTests(port, [
    ...['a0', 'a1', 'a3', 'a4', 'a6', 'aa'].map((first) =>
      refused(`first byte 0x${first} [3.1.1 MQTT-3.10.1-1] [3.1.1 MQTT-2.2.2-2]`, `${first} .. 0001 s"t"`),
    ),
    refused('packet identifier 0 [3.1.1 MQTT-2.3.1-1]', 'a2 .. 0000 s"t"'),
    refused('no packet identifier', 'a2 00'),
    refused('no topic filter [3.1.1 MQTT-3.10.3-2]', 'a2 02 0001'),
    refused('a filter cut short', 'a2 .. 0001 0003 "a"'),
    refused('a filter that is not UTF-8 [3.1.1 MQTT-3.10.3-1]', 'a2 .. 0001 0001 ff'),
    refused('an empty filter [3.1.1 MQTT-4.7.3-1]', 'a2 .. 0001 0000'),
    refused('# within a level [3.1.1 MQTT-4.7.1-2]', 'a2 .. 0001 s"a#"'),
    refused('+ within a level [3.1.1 MQTT-4.7.1-3]', 'a2 .. 0001 s"a+"'),
  ]);
});

describe('MQTT 5: an UNSUBSCRIBE that ends the connection', () => {
  const refused = (name: string, packet: string, code: string): ProtocolCase => [
    name,
    `${open5('a', terse)}\na > ${packet}\na < e0 01 ${code}\na closed`,
  ];
  protocolTests(port, [
    ...['a0', 'a1', 'a3', 'a6', 'aa'].map((first) =>
      refused(`first byte 0x${first}: 0x81 [MQTT-3.10.1-1] [MQTT-2.1.3-1]`, `${first} .. 0001 00 s"t"`, '81'),
    ),
    refused('packet identifier 0: 0x82 [MQTT-2.2.1-3]', 'a2 .. 0000 00 s"t"', '82'),
    refused('no topic filter: 0x82 [MQTT-3.10.3-2]', 'a2 03 0001 00', '82'),
    refused('a filter that is not UTF-8: 0x81 [MQTT-3.10.3-1]', 'a2 .. 0001 00 0001 ff', '81'),
    refused('an empty filter: 0x82 [MQTT-4.7.3-1]', 'a2 .. 0001 00 0000', '82'),
    refused('# within a level: 0x81 [MQTT-4.7.1-1]', 'a2 .. 0001 00 s"a#"', '81'),
    refused('Subscription Identifier: 0x82', 'a2 .. 0001 { 0b 01 } s"t"', '82'),
    refused('a User Property that is not UTF-8: 0x81 [MQTT-1.5.7-1]', 'a2 .. 0001 { 26 0001 ff s"v" } s"t"', '81'),
  ]);
});

describe('MQTT 3.1.1: what UNSUBSCRIBE does', () => {
  protocolTests(port, [
    [
      'no new message comes [3.1.1 MQTT-3.10.4-2]',
      `${open4('sub')}
       ${subscribe4('sub', 'u/off')}
       sub > a2 .. 0002 s"u/off"
       sub < b0 02 0002
       ${open4('pub')}
       pub > 30 .. s"u/off" "x"
       pub quiet
       sub quiet`,
    ],
    [
      'only the filter that is equal byte for byte goes [3.1.1 MQTT-3.10.4-1]',
      `${open4('sub')}
       ${subscribe4('sub', 'u/same')}
       sub > a2 .. 0002 s"u/+" s"u/#" s"U/same" s"u/same/"
       sub < b0 02 0002
       sub > 30 .. s"u/same" "x"
       sub < 30 .. s"u/same" "x"`,
    ],
    [
      'a wildcard filter goes by its own text, and others that match the same stay [3.1.1 MQTT-3.10.4-1]',
      `${open4('sub')}
       ${subscribe4('sub', 'u/wild/+')}
       ${subscribe4('sub', 'u/wild/x')}
       sub > a2 .. 0002 s"u/wild/+"
       sub < b0 02 0002
       sub > 30 .. s"u/wild/y" "no" | 30 .. s"u/wild/x" "yes"
       sub < 30 .. s"u/wild/x" "yes"`,
    ],
    [
      'several filters go as in several packets [3.1.1 MQTT-3.10.4-6]',
      `${open4('sub')}
       sub > 82 .. 0001 s"u/1" 00 s"u/2" 00 s"u/3" 00
       sub < 90 05 0001 00 00 00
       sub > a2 .. 0002 s"u/1" s"u/3"
       sub < b0 02 0002
       sub > 30 .. s"u/1" "x" | 30 .. s"u/3" "x" | 30 .. s"u/2" "x"
       sub < 30 .. s"u/2" "x"`,
    ],
    [
      'a message that was being sent is completed [3.1.1 MQTT-3.10.4-3]',
      `${open4('sub')}
       ${subscribe4('sub', 'u/going', '02')}
       ${open4('pub')}
       pub > 34 .. s"u/going" 0007 "x"
       pub < 50 02 0007
       pub > 62 02 0007
       pub < 70 02 0007
       sub < 34 .. s"u/going" 0001 "x"
       sub > a2 .. 0002 s"u/going"
       sub < b0 02 0002
       sub > 50 02 0001
       sub < 62 02 0001
       sub > 70 02 0001`,
    ],
  ]);
});

describe('MQTT 5: what UNSUBSCRIBE does', () => {
  protocolTests(port, [
    [
      'no new message comes [MQTT-3.10.4-2]',
      `${open5('sub')}
       ${subscribe5('sub', 'u5/off')}
       sub > a2 .. 0002 00 s"u5/off"
       sub < b0 04 0002 00 00
       ${open5('pub')}
       pub > 30 .. s"u5/off" 00 "x"
       pub quiet
       sub quiet`,
    ],
    [
      'only the filter that is equal character for character goes [MQTT-3.10.4-1]',
      `${open5('sub')}
       ${subscribe5('sub', 'u5/same')}
       sub > a2 .. 0002 00 s"u5/+" s"u5/#" s"U5/same"
       sub < b0 06 0002 00 11 11 11
       sub > 30 .. s"u5/same" 00 "x"
       sub < 30 .. s"u5/same" 00 "x"`,
    ],
    [
      'several filters go as in several packets [MQTT-3.10.4-6]',
      `${open5('sub')}
       sub > 82 .. 0001 00 s"u5/1" 00 s"u5/2" 00 s"u5/3" 00
       sub < 90 06 0001 00 00 00 00
       sub > a2 .. 0002 00 s"u5/1" s"u5/3"
       sub < b0 05 0002 00 00 00
       sub > 30 .. s"u5/1" 00 "x" | 30 .. s"u5/3" 00 "x" | 30 .. s"u5/2" 00 "x"
       sub < 30 .. s"u5/2" 00 "x"`,
    ],
    [
      'a message that was being sent is completed [MQTT-3.10.4-3]',
      `${open5('sub')}
       ${subscribe5('sub', 'u5/going', '01')}
       sub > 32 .. s"u5/going" 0007 00 "x"
       sub < 32 .. s"u5/going" 0001 00 "x"
       sub < 40 02 0007
       sub > a2 .. 0002 00 s"u5/going"
       sub < b0 04 0002 00 00
       sub > 40 02 0001`,
    ],
  ]);
});
