import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted5, connect5, open4, open5, terse } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('AUTH', () => {
  const refused = (name: string, packet: string, code: string): ProtocolCase => [
    name,
    `${open5('a', terse)}\na > ${packet}\na < e0 01 ${code}\na closed`,
  ];
  protocolTests(port, [
    ['MQTT 3.1.1: ends the connection, as type 15 is reserved there', `${open4('a')}\na > f0 00\na closed`],
    ['MQTT 5: as the first packet it ends the connection [MQTT-3.1.0-1]', '> f0 00\nclosed'],
    refused('MQTT 5: without a method in CONNECT: 0x82 [MQTT-4.12.0-7]', 'f0 00', '82'),
    refused(
      'MQTT 5: with Continue authentication and no method in CONNECT: 0x82 [MQTT-4.12.0-7]',
      'f0 .. 18 { 15 s"m" }',
      '82',
    ),
    refused(
      'MQTT 5: with Re-authenticate and no method in CONNECT: 0x82 [MQTT-4.12.0-7]',
      'f0 .. 19 { 15 s"m" }',
      '82',
    ),
    ...['f1', 'f2', 'f4', 'f8'].map((first) =>
      refused(`MQTT 5: first byte 0x${first}: 0x81 [MQTT-3.15.1-1]`, `${first} 00`, '81'),
    ),
    [
      'MQTT 5: no AUTH and no Authentication Method for a client without a method [MQTT-4.12.0-6]',
      `> ${connect5('a')}
       < ${accepted5}`,
    ],
    [
      'MQTT 5: a method that is not served: CONNACK 0x8C, and no AUTH [MQTT-4.12.0-1]',
      `> ${connect5('a', '15 s"SCRAM-SHA-256" 16 s"n,,n=a"')}
       < 20 .. 00 8c { <reason> }
       closed`,
    ],
  ]);
});
