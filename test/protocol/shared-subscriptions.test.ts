import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import {
  accepted4,
  accepted5,
  connect4,
  connect5,
  lasting,
  open4,
  open5,
  resumed5,
  subscribe4,
  subscribe5,
  terse,
} from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('shared subscriptions: filters', () => {
  const refused4 = (name: string, filter: string): ProtocolCase => [
    `MQTT 3.1.1: ${name} ends the connection`,
    `${open4('a')}\na > 82 .. 0001 s"${filter}" 00\na closed`,
  ];
  const refused5 = (name: string, clauses: string, filter: string, options = '00', code = '81'): ProtocolCase => [
    `MQTT 5: ${name}: 0x${code} ${clauses}`,
    `${open5('a', terse)}\na > 82 .. 0001 00 s"${filter}" ${options}\na < e0 01 ${code}\na closed`,
  ];
  protocolTests(port, [
    refused4('an empty share name', '$share//t'),
    refused4('a share name without a filter', '$share/g'),
    refused4('an empty filter', '$share/g/'),
    refused4('+ in the share name', '$share/g+/t'),
    refused5('an empty share name', '[MQTT-4.8.2-1]', '$share//t'),
    refused5('no share name', '[MQTT-4.8.2-1]', '$share/'),
    refused5('a share name without a slash behind it', '[MQTT-4.8.2-2]', '$share/g'),
    refused5('an empty filter', '[MQTT-4.8.2-2]', '$share/g/'),
    refused5('+ in the share name', '[MQTT-4.8.2-2]', '$share/+/t'),
    refused5('# in the share name', '[MQTT-4.8.2-2]', '$share/g#/t'),
    refused5('a bad filter behind a good share name', '[MQTT-4.7.1-1]', '$share/g/a#'),
    refused5('No Local', '[MQTT-3.8.3-4]', '$share/g/t', '04', '82'),
    [
      'MQTT 5: $share alone is a filter like others',
      `${open5('a')}
       ${subscribe5('a', '$share')}
       ${subscribe5('a', '$shared/g/t')}`,
    ],
  ]);
});

describe('MQTT 3.1.1: shared subscriptions', () => {
  protocolTests(port, [
    [
      'each message goes to one member of the group, in turn',
      `${open4('one')}
       ${subscribe4('one', '$share/g4/sh/4', '01')}
       ${open4('two')}
       ${subscribe4('two', '$share/g4/sh/4', '01')}
       ${open4('pub')}
       pub > 30 .. s"sh/4" "1" | 30 .. s"sh/4" "2" | 30 .. s"sh/4" "3" | 30 .. s"sh/4" "4"
       pub quiet
       one < 30 .. s"sh/4" "1"
       one < 30 .. s"sh/4" "3"
       two < 30 .. s"sh/4" "2"
       two < 30 .. s"sh/4" "4"`,
    ],
    [
      'a member that leaves the group gets no more',
      `${open4('one')}
       ${subscribe4('one', '$share/g4/sh/leave')}
       ${open4('two')}
       ${subscribe4('two', '$share/g4/sh/leave')}
       one > a2 .. 0002 s"$share/g4/sh/leave"
       one < b0 02 0002
       ${open4('pub')}
       pub > 30 .. s"sh/leave" "1" | 30 .. s"sh/leave" "2"
       pub quiet
       two < 30 .. s"sh/leave" "1"
       two < 30 .. s"sh/leave" "2"
       one quiet`,
    ],
  ]);
});

describe('MQTT 5: shared subscriptions', () => {
  protocolTests(port, [
    [
      'each message goes to one member of the group, in turn',
      `${open5('one')}
       ${subscribe5('one', '$share/g/sh/turn')}
       ${open5('two')}
       ${subscribe5('two', '$share/g/sh/turn')}
       ${open5('pub')}
       pub > 30 .. s"sh/turn" 00 "1" | 30 .. s"sh/turn" 00 "2" | 30 .. s"sh/turn" 00 "3"
       pub quiet
       one < 30 .. s"sh/turn" 00 "1"
       two < 30 .. s"sh/turn" 00 "2"
       one < 30 .. s"sh/turn" 00 "3"`,
    ],
    [
      'every group gets it, and every ordinary subscription',
      `${open5('one')}
       ${subscribe5('one', '$share/g1/sh/every')}
       ${open5('two')}
       ${subscribe5('two', '$share/g2/sh/every')}
       ${open5('three')}
       ${subscribe5('three', 'sh/every')}
       ${open5('pub')}
       pub > 30 .. s"sh/every" 00 "x"
       one < 30 .. s"sh/every" 00 "x"
       two < 30 .. s"sh/every" 00 "x"
       three < 30 .. s"sh/every" 00 "x"`,
    ],
    [
      'at the QoS that was granted to the member [MQTT-4.8.2-3]',
      `${open5('zero')}
       ${subscribe5('zero', '$share/g/sh/qos', '00')}
       ${open5('one')}
       ${subscribe5('one', '$share/g/sh/qos', '01')}
       ${open5('pub')}
       pub > 32 .. s"sh/qos" 0001 00 "1"
       pub < 40 02 0001
       pub > 32 .. s"sh/qos" 0002 00 "2"
       pub < 40 02 0002
       zero < 30 .. s"sh/qos" 00 "1"
       one < 32 .. s"sh/qos" 0001 00 "2"`,
    ],
    [
      'with the Subscription Identifier of the member [MQTT-3.3.4-3]',
      `${open5('one')}
       one > 82 .. 0001 { 0b 03 } s"$share/g/sh/id" 00
       one < 90 04 0001 00 00
       ${open5('pub')}
       pub > 30 .. s"sh/id" 00 "x"
       one < 30 .. s"sh/id" { 0b 03 } "x"`,
    ],
    [
      'a message that the member refuses goes to nobody else [MQTT-4.8.2-6]',
      `${open5('one')}
       ${subscribe5('one', '$share/g/sh/refuse', '01')}
       ${open5('two')}
       ${subscribe5('two', '$share/g/sh/refuse', '01')}
       ${open5('pub')}
       pub > 32 .. s"sh/refuse" 0001 00 "x"
       pub < 40 02 0001
       one < 32 .. s"sh/refuse" 0001 00 "x"
       one > 40 03 0001 83
       one quiet
       two quiet`,
    ],
    [
      'a QoS 2 message that was being sent is completed with the same client when it comes back [MQTT-4.8.2-4]',
      `one > ${connect5('shared-one', lasting, '00')}
       one < ${accepted5}
       ${subscribe5('one', '$share/g/sh/complete', '02')}
       ${open5('pub')}
       pub > 34 .. s"sh/complete" 0001 00 "x"
       pub < 50 02 0001
       pub > 62 02 0001
       pub < 70 02 0001
       one < 34 .. s"sh/complete" 0001 00 "x"
       ${open5('two')}
       ${subscribe5('two', '$share/g/sh/complete', '02')}
       one drops
       two quiet
       one > ${connect5('shared-one', lasting, '00')}
       one < ${resumed5}
       one < 3c .. s"sh/complete" 0001 00 "x"
       one > 50 02 0001
       one < 62 02 0001
       one > 70 02 0001`,
    ],
    [
      'a QoS 2 message that was being sent goes to nobody else when that session ends [MQTT-4.8.2-5]',
      `one > ${connect5('shared-ends')}
       one < ${accepted5}
       ${subscribe5('one', '$share/g/sh/ends', '02')}
       ${open5('two')}
       ${open5('pub')}
       pub > 34 .. s"sh/ends" 0001 00 "x"
       pub < 50 02 0001
       pub > 62 02 0001
       pub < 70 02 0001
       one < 34 .. s"sh/ends" 0001 00 "x"
       ${subscribe5('two', '$share/g/sh/ends', '02')}
       one drops
       two quiet`,
    ],
    [
      'a client in two groups of one topic gets two copies, or one at the highest QoS',
      `${open5('one')}
       ${subscribe5('one', '$share/ga/sh/two', '00')}
       ${open5('other')}
       ${subscribe5('other', '$share/gb/sh/two', '00')}
       ${open5('pub')}
       pub > 30 .. s"sh/two" 00 "x"
       one < 30 .. s"sh/two" 00 "x"
       other < 30 .. s"sh/two" 00 "x"`,
    ],
    [
      'UNSUBSCRIBE names the whole filter, share name included [MQTT-3.10.4-1]',
      `${open5('one')}
       ${subscribe5('one', '$share/g/sh/un')}
       one > a2 .. 0002 00 s"sh/un" s"$share/h/sh/un" s"$share/g/sh/un"
       one < b0 06 0002 00 11 11 00`,
    ],
    [
      'MQTT 3.1.1 and MQTT 5 members share one group',
      `four > ${connect4('four')}
       four < ${accepted4}
       ${subscribe4('four', '$share/g/sh/mixed')}
       ${open5('five')}
       ${subscribe5('five', '$share/g/sh/mixed')}
       ${open5('pub')}
       pub > 30 .. s"sh/mixed" 00 "1" | 30 .. s"sh/mixed" 00 "2"
       pub quiet
       four < 30 .. s"sh/mixed" "1"
       five < 30 .. s"sh/mixed" 00 "2"`,
    ],
  ]);
});
