import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { open4, open5, terse } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

interface Acknowledgement {
  readonly name: string;
  readonly first: string;
  /** What stands for the clause that names its reason codes. */
  readonly codes: string;
  /** A code that others have. */
  readonly foreign: string;
}

const packets: readonly Acknowledgement[] = [
  { name: 'PUBACK', first: '40', codes: 'MQTT-3.4.2-1', foreign: '92' },
  { name: 'PUBREC', first: '50', codes: 'MQTT-3.5.2-1', foreign: '92' },
  { name: 'PUBREL', first: '62', codes: 'MQTT-3.6.2-1', foreign: '10' },
  { name: 'PUBCOMP', first: '70', codes: 'MQTT-3.7.2-1', foreign: '10' },
];

describe.each(packets)('MQTT 3.1.1: $name that ends the connection', ({ first }) => {
  const refused = (name: string, packet: string): ProtocolCase => [name, `${open4('a')}\na > ${packet}\na closed`];
  const flags = first === '62' ? ['60', '61', '63', '66', '6a'] : [`${first[0]}1`, `${first[0]}2`, `${first[0]}8`];
  protocolTests(port, [
    ...flags.map((byte) =>
      refused(`first byte 0x${byte} [3.1.1 MQTT-2.2.2-1] [3.1.1 MQTT-2.2.2-2] [3.1.1 MQTT-3.6.1-1]`, `${byte} 02 0001`),
    ),
    refused('packet identifier 0 [3.1.1 MQTT-2.3.1-1]', `${first} 02 0000`),
    refused('no packet identifier', `${first} 00`),
    refused('half a packet identifier', `${first} 01 00`),
    refused('a byte too many', `${first} 03 0001 00`),
  ]);
});

describe.each(packets)('MQTT 5: $name that ends the connection', ({ first, codes, foreign }) => {
  const refused = (name: string, packet: string, code: string): ProtocolCase => [
    name,
    `${open5('a', terse)}\na > ${packet}\na < e0 01 ${code}\na closed`,
  ];
  const flags = first === '62' ? ['60', '61', '63', '66', '6a'] : [`${first[0]}1`, `${first[0]}2`, `${first[0]}8`];
  protocolTests(port, [
    ...flags.map((byte) =>
      refused(`first byte 0x${byte}: 0x81 [MQTT-2.1.3-1] [MQTT-3.6.1-1]`, `${byte} 02 0001`, '81'),
    ),
    refused('packet identifier 0: 0x82 [MQTT-2.2.1-3]', `${first} 02 0000`, '82'),
    refused('no packet identifier: 0x81', `${first} 00`, '81'),
    refused(`a reason code of another packet: 0x82 [${codes}]`, `${first} 03 0001 ${foreign}`, '82'),
    refused(`a reason code that does not exist: 0x82 [${codes}]`, `${first} 03 0001 42`, '82'),
    refused('properties longer than the packet: 0x81', `${first} 05 0001 00 05 1f`, '81'),
    refused('Reason String twice: 0x82', `${first} .. 0001 00 { 1f s"a" 1f s"a" }`, '82'),
    refused('Reason String that is not UTF-8: 0x81', `${first} .. 0001 00 { 1f 0001 ff }`, '81'),
    refused('a property of another packet: 0x82', `${first} .. 0001 00 { 23 0001 }`, '82'),
    refused('bytes behind the properties: 0x81', `${first} 05 0001 00 00 00`, '81'),
  ]);
});

describe('unsolicited acknowledgements', () => {
  const ignored = (name: string, packet: string): ProtocolCase => [name, `${open4('a')}\na > ${packet}\na quiet`];
  const ignored5 = (name: string, packet: string): ProtocolCase => [name, `${open5('a')}\na > ${packet}\na quiet`];
  protocolTests(port, [
    ignored('MQTT 3.1.1: a PUBACK that nothing was sent for', '40 02 0009'),
    ignored('MQTT 3.1.1: a PUBCOMP that nothing was sent for', '70 02 0009'),
    ignored5('MQTT 5: a PUBACK that nothing was sent for', '40 02 0009'),
    ignored5('MQTT 5: a PUBCOMP that nothing was sent for', '70 02 0009'),
    [
      'MQTT 3.1.1: a PUBREL that no PUBLISH came before is answered with PUBCOMP [3.1.1 MQTT-4.3.3-2]',
      `${open4('a')}
       a > 62 02 0009
       a < 70 02 0009`,
    ],
    [
      'MQTT 5: a PUBREL that no PUBLISH came before is answered with PUBCOMP 0x92 [MQTT-4.3.3-11] [MQTT-3.7.2-1]',
      `${open5('a', terse)}
       a > 62 02 0009
       a < 70 03 0009 92`,
    ],
    [
      'MQTT 5: a PUBREC that nothing was sent for is answered with PUBREL 0x92 [MQTT-3.6.2-1]',
      `${open5('a', terse)}
       a > 50 02 0009
       a < 62 03 0009 92`,
    ],
    [
      'MQTT 3.1.1: a PUBREC that nothing was sent for is answered with PUBREL',
      `${open4('a')}
       a > 50 02 0009
       a < 62 02 0009`,
    ],
  ]);
});
