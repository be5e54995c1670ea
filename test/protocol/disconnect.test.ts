import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import {
  accepted4,
  accepted5,
  connect4,
  connect5,
  open4,
  open5,
  resumed5,
  subscribe4,
  terse,
} from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('MQTT 3.1.1: DISCONNECT', () => {
  const refused = (name: string, packet: string): ProtocolCase => [name, `${open4('a')}\na > ${packet}\na closed`];
  protocolTests(port, [
    refused('ends the connection [3.1.1 MQTT-3.14.4-1]', 'e0 00'),
    ...['e1', 'e2', 'e4', 'e8'].map((first) => refused(`first byte 0x${first} [3.1.1 MQTT-3.14.1-1]`, `${first} 00`)),
    refused('with a reason code, which only MQTT 5 has', 'e0 01 00'),
    refused('nothing that follows is handled [3.1.1 MQTT-3.14.4-2]', 'e0 00 c0 00'),
    [
      'discards the will [3.1.1 MQTT-3.14.4-3] [3.1.1 MQTT-3.1.2-10]',
      `${open4('sub')}
       ${subscribe4('sub', 'd/will')}
       a > ${connect4('a', '06', 's"d/will" s"gone"')}
       a < ${accepted4}
       a > e0 00
       a closed
       sub quiet`,
    ],
    [
      'that is malformed publishes the will [3.1.1 MQTT-3.14.1-1] [3.1.1 MQTT-3.1.2-8]',
      `${open4('sub')}
       ${subscribe4('sub', 'd/bad')}
       a > ${connect4('a', '06', 's"d/bad" s"gone"')}
       a < ${accepted4}
       a > e1 00
       a closed
       sub < 30 .. s"d/bad" "gone"`,
    ],
    [
      'what was published before it is delivered',
      `${open4('sub')}
       ${subscribe4('sub', 'd/last')}
       ${open4('a')}
       a > 30 .. s"d/last" "x" | e0 00
       a closed
       sub < 30 .. s"d/last" "x"`,
    ],
  ]);
});

describe('MQTT 5: DISCONNECT', () => {
  const ended = (name: string, packet: string): ProtocolCase => [name, `${open5('a', terse)}\na > ${packet}\na closed`];
  const refused = (name: string, packet: string, code: string): ProtocolCase => [
    name,
    `${open5('a', terse)}\na > ${packet}\na < e0 01 ${code}\na closed`,
  ];
  const will = (code: string, isPublished: boolean): ProtocolCase => [
    `reason code 0x${code}: the will is ${isPublished ? 'published' : 'discarded'} [MQTT-3.14.2-1] [MQTT-3.14.4-3] [MQTT-3.1.2-8] [MQTT-3.1.2-10]`,
    `${open4('sub')}
     ${subscribe4('sub', `d5/${code}`)}
     a > ${connect5('a', '', '06', `00 s"d5/${code}" s"gone"`)}
     a < ${accepted5}
     a > e0 01 ${code}
     a closed
     ${isPublished ? `sub < 30 .. s"d5/${code}" "gone"` : 'sub quiet'}`,
  ];
  protocolTests(port, [
    ended('without a reason code ends the connection [MQTT-3.14.4-2]', 'e0 00'),
    ended('with a reason code', 'e0 01 00'),
    ended('with a reason code and no properties', 'e0 02 00 00'),
    ended('with a Reason String', 'e0 .. 00 { 1f s"bye" }'),
    ended('with User Properties', 'e0 .. 00 { 26 s"k" s"v" 26 s"k" s"v" }'),
    ended('with Session Expiry Interval 0', 'e0 .. 00 { 11 00000000 }'),
    ended('nothing that follows is handled [MQTT-3.14.4-1]', 'e0 00 c0 00'),
    ...['e1', 'e2', 'e4', 'e8'].map((first) =>
      refused(`first byte 0x${first}: 0x81 [MQTT-3.14.1-1]`, `${first} 00`, '81'),
    ),
    ...['01', '8b', '8d', '8e', '9c', 'a2', 'ff'].map((code) =>
      refused(`reason code 0x${code} is none of a client: 0x82 [MQTT-3.14.2-1]`, `e0 01 ${code}`, '82'),
    ),
    refused('Session Expiry Interval twice: 0x82', 'e0 .. 00 { 11 00000000 11 00000000 }', '82'),
    refused('a property of another packet: 0x82', 'e0 .. 00 { 23 0001 }', '82'),
    refused('a property that does not exist: 0x81', 'e0 .. 00 { 7f 00 }', '81'),
    refused('properties longer than the packet: 0x81', 'e0 03 00 05 1f', '81'),
    refused('bytes behind the properties: 0x81', 'e0 03 00 00 00', '81'),
    refused(
      'a session that was to end with its connection cannot be given more time: 0x82',
      'e0 .. 00 { 11 0000003c }',
      '82',
    ),
    will('00', false),
    ...['04', '80', '81', '82', '83', '90', '93', '94', '95', '96', '97', '98', '99'].map((code) => will(code, true)),
  ]);
  protocolTests(port, [
    [
      'can end a session that was to stay [MQTT-4.1.0-2]',
      `> ${connect5('shorter', '11 00000258', '00')}
       < ${accepted5}
       > e0 .. 00 { 11 00000000 }
       closed
       > ${connect5('shorter', '11 00000258', '00')}
       < ${accepted5}`,
    ],
    [
      'can give a session more time where it had some',
      `> ${connect5('longer', '11 00000001', '00')}
       < ${accepted5}
       > e0 .. 00 { 11 00000258 }
       closed
       > ${connect5('longer', '11 00000001', '00')}
       < ${resumed5}`,
    ],
    [
      'a reason code of the client is not answered',
      `${open5('a')}
       a > e0 .. 80 { 1f s"tired" }
       a closed`,
    ],
  ]);
});
