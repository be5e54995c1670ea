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
} from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('MQTT 3.1.1: wills', () => {
  const published = (name: string, flags: string, received: string, options = '02'): ProtocolCase => {
    const topic = `w/${flags}/${options}`;
    return [
      name,
      `${open4('sub')}
       ${subscribe4('sub', topic, options)}
       a > ${connect4('a', flags, `s"${topic}" s"gone"`)}
       a < ${accepted4}
       a drops
       sub < ${received.replace('TOPIC', `s"${topic}"`)}`,
    ];
  };
  protocolTests(port, [
    published(
      'QoS 0, when the connection breaks [3.1.1 MQTT-3.1.2-8] [3.1.1 MQTT-3.1.2-9]',
      '06',
      '30 .. TOPIC "gone"',
    ),
    published('QoS 1 [3.1.1 MQTT-3.1.2-9]', '0e', '32 .. TOPIC 0001 "gone"'),
    published('QoS 2 [3.1.1 MQTT-3.1.2-9]', '16', '34 .. TOPIC 0001 "gone"'),
    published('QoS 2 to a subscription at QoS 0 [3.1.1 MQTT-3.8.4-6]', '16', '30 .. TOPIC "gone"', '00'),
    published(
      'Will Retain: whoever was subscribed gets it without RETAIN [3.1.1 MQTT-3.3.1-9]',
      '26',
      '30 .. TOPIC "gone"',
    ),
    [
      'Will Retain 1: it is kept as a retained message [3.1.1 MQTT-3.1.2-17]',
      `${open4('sub')}
       ${subscribe4('sub', 'w/kept')}
       a > ${connect4('a', '26', 's"w/kept" s"gone"')}
       a < ${accepted4}
       a drops
       sub < 30 .. s"w/kept" "gone"
       ${open4('late')}
       ${subscribe4('late', 'w/kept')}
       late < 31 .. s"w/kept" "gone"`,
    ],
    [
      'Will Retain 0: it is not kept [3.1.1 MQTT-3.1.2-16]',
      `${open4('sub')}
       ${subscribe4('sub', 'w/passing')}
       a > ${connect4('a', '06', 's"w/passing" s"gone"')}
       a < ${accepted4}
       a drops
       sub < 30 .. s"w/passing" "gone"
       ${open4('late')}
       ${subscribe4('late', 'w/passing')}
       late quiet`,
    ],
    [
      'an empty will with Will Retain removes what is retained [3.1.1 MQTT-3.3.1-10]',
      `${open4('sub')}
       ${subscribe4('sub', 'w/remove')}
       sub > 31 .. s"w/remove" "x"
       sub < 30 .. s"w/remove" "x"
       a > ${connect4('a', '26', 's"w/remove" s""')}
       a < ${accepted4}
       a drops
       sub < 30 .. s"w/remove"
       ${open4('late')}
       ${subscribe4('late', 'w/remove')}
       late quiet`,
    ],
    [
      'no will flag: nothing is published [3.1.1 MQTT-3.1.2-12]',
      `${open4('sub')}
       ${subscribe4('sub', 'w/none/#')}
       ${open4('a')}
       a drops
       ${open4('a')}
       sub quiet`,
    ],
    [
      'it is published when the client breaks the protocol [3.1.1 MQTT-3.1.2-8]',
      `${open4('sub')}
       ${subscribe4('sub', 'w/broke')}
       a > ${connect4('a', '06', 's"w/broke" s"gone"')}
       a < ${accepted4}
       a > 36 .. s"t" 0001
       a closed
       sub < 30 .. s"w/broke" "gone"`,
    ],
    [
      'it is published when another connection takes its place [3.1.1 MQTT-3.1.2-8]',
      `${open4('sub')}
       ${subscribe4('sub', 'w/taken')}
       old > ${connect4('same', '06', 's"w/taken" s"gone"')}
       old < ${accepted4}
       new > ${connect4('same')}
       new < ${accepted4}
       old closed
       sub < 30 .. s"w/taken" "gone"`,
    ],
    [
      'it is published once, and a newer connection has its own [3.1.1 MQTT-3.1.2-10]',
      `${open4('sub')}
       ${subscribe4('sub', 'w/once')}
       a > ${connect4('stays', '04', 's"w/once" s"first"')}
       a < ${accepted4}
       a drops
       sub < 30 .. s"w/once" "first"
       a > ${connect4('stays', '00')}
       a < 20 02 01 00
       a drops
       a > ${connect4('stays', '04', 's"w/once" s"second"')}
       a < 20 02 01 00
       a drops
       sub < 30 .. s"w/once" "second"`,
    ],
    [
      'the client itself gets it in a session that stays',
      `a > ${connect4('own', '0c', 's"w/own" s"gone"')}
       a < ${accepted4}
       ${subscribe4('a', 'w/own', '01')}
       ${open4('sub')}
       ${subscribe4('sub', 'w/own', '00')}
       a drops
       sub < 30 .. s"w/own" "gone"
       a > ${connect4('own', '00')}
       a < 20 02 01 00
       a < 32 .. s"w/own" 0001 "gone"`,
    ],
  ]);
});

describe('MQTT 5: wills', () => {
  protocolTests(port, [
    [
      'with all their properties, and without the delay [MQTT-3.1.2-7] [MQTT-3.1.2-8] [MQTT-3.1.3-10]',
      `${open5('sub')}
       ${subscribe5('sub', 'w5/all', '01')}
       a > ${connect5('a', '', '0e', '{ 18 00000000 01 01 02 0000003c 03 s"text" 08 s"answer" 09 0001 ff 26 s"b" s"1" 26 s"a" s"2" 26 s"b" s"1" } s"w5/all" s"gone"')}
       a < ${accepted5}
       a drops
       sub < 32 .. s"w5/all" 0001 { 01 01 02 0000003c 03 s"text" 08 s"answer" 09 0001 ff 26 s"b" s"1" 26 s"a" s"2" 26 s"b" s"1" } "gone"`,
    ],
    [
      'Will Retain 1: it is kept as a retained message [MQTT-3.1.2-15]',
      `${open5('sub')}
       ${subscribe5('sub', 'w5/kept', '08')}
       a > ${connect5('a', '', '26', '00 s"w5/kept" s"gone"')}
       a < ${accepted5}
       a drops
       sub < 31 .. s"w5/kept" 00 "gone"
       ${open5('late')}
       ${subscribe5('late', 'w5/kept')}
       late < 31 .. s"w5/kept" 00 "gone"`,
    ],
    [
      'Will Retain 0: it is not kept [MQTT-3.1.2-14]',
      `${open5('sub')}
       ${subscribe5('sub', 'w5/passing', '08')}
       a > ${connect5('a', '', '06', '00 s"w5/passing" s"gone"')}
       a < ${accepted5}
       a drops
       sub < 30 .. s"w5/passing" 00 "gone"
       ${open5('late')}
       ${subscribe5('late', 'w5/passing')}
       late quiet`,
    ],
    [
      'a delay is cut short by the end of the session [MQTT-3.1.2-8]',
      `${open5('sub')}
       ${subscribe5('sub', 'w5/ends')}
       a > ${connect5('a', '', '06', '{ 18 0000003c } s"w5/ends" s"gone"')}
       a < ${accepted5}
       a drops
       sub < 30 .. s"w5/ends" 00 "gone"`,
    ],
    [
      'a newer connection with Clean Start ends the session, and publishes the will whatever its delay [MQTT-3.1.2-8]',
      `${open5('sub')}
       ${subscribe5('sub', 'w5/clean')}
       old > ${connect5('cleaned', lasting, '04', '{ 18 0000003c } s"w5/clean" s"gone"')}
       old < ${accepted5}
       new > ${connect5('cleaned', lasting, '02')}
       new < ${accepted5}
       old < e0 .. 8e { <reason> }
       old closed
       sub < 30 .. s"w5/clean" 00 "gone"`,
    ],
    [
      'a newer connection that goes on with the session within the delay has none published [MQTT-3.1.3-9]',
      `${open5('sub')}
       ${subscribe5('sub', 'w5/goes-on')}
       old > ${connect5('goes-on', lasting, '04', '{ 18 0000003c } s"w5/goes-on" s"gone"')}
       old < ${accepted5}
       new > ${connect5('goes-on', lasting, '00')}
       new < ${resumed5}
       old < e0 .. 8e { <reason> }
       old closed
       new quiet
       sub quiet`,
    ],
    [
      'without a delay it is published when another connection takes its place [MQTT-3.1.2-8] [MQTT-3.1.4-3]',
      `${open5('sub')}
       ${subscribe5('sub', 'w5/taken')}
       old > ${connect5('same5', '', '06', '00 s"w5/taken" s"gone"')}
       old < ${accepted5}
       new > ${connect5('same5')}
       new < ${accepted5}
       old < e0 .. 8e { <reason> }
       old closed
       sub < 30 .. s"w5/taken" 00 "gone"`,
    ],
    [
      'it is removed when it was published [MQTT-3.1.2-10]',
      `${open5('sub')}
       ${subscribe5('sub', 'w5/once')}
       a > ${connect5('once5', lasting, '04', '00 s"w5/once" s"gone"')}
       a < ${accepted5}
       a drops
       sub < 30 .. s"w5/once" 00 "gone"
       a > ${connect5('once5', lasting, '00')}
       a < ${resumed5}
       a drops
       a > ${connect5('once5', '11 00000000', '02')}
       a < ${accepted5}
       sub quiet`,
    ],
    [
      'DISCONNECT with reason 0x04 publishes it [MQTT-3.14.4-3]',
      `${open5('sub')}
       ${subscribe5('sub', 'w5/leave')}
       a > ${connect5('a', '', '06', '00 s"w5/leave" s"gone"')}
       a < ${accepted5}
       a > e0 01 04
       a closed
       sub < 30 .. s"w5/leave" 00 "gone"`,
    ],
  ]);
});

describe.concurrent('MQTT 5: will delay', () => {
  protocolTests(port, [
    [
      'the will is published when its delay is over [MQTT-3.1.2-8]',
      `${open5('delay')}
       ${subscribe5('delay', 'w5/delay')}
       a > ${connect5('delayed', lasting, '04', '{ 18 00000002 } s"w5/delay" s"gone"')}
       a < ${accepted5}
       a drops
       delay quiet
       delay < 30 .. s"w5/delay" 00 "gone"`,
    ],
    [
      'whoever comes back within the delay has no will published [MQTT-3.1.3-9] [MQTT-3.1.2-8]',
      `${open5('back')}
       ${subscribe5('back', 'w5/back')}
       a > ${connect5('comes-back', lasting, '04', '{ 18 00000002 } s"w5/back" s"gone"')}
       a < ${accepted5}
       a drops
       a > ${connect5('comes-back', lasting, '00')}
       a < ${resumed5}
       a > e0 00
       a closed
       # three seconds pass
       clock > 10 .. 0004 "MQTT" 04 02 0001 s"clock"
       clock < ${accepted4}
       clock closed
       clock > 10 .. 0004 "MQTT" 04 02 0001 s"clock"
       clock < ${accepted4}
       clock closed
       back quiet`,
    ],
    [
      'or when the session ends before [MQTT-3.1.2-8] [MQTT-4.1.0-2]',
      `${open5('expiry')}
       ${subscribe5('expiry', 'w5/expiry')}
       a > ${connect5('expires', '11 00000001', '04', '{ 18 0000003c } s"w5/expiry" s"gone"')}
       a < ${accepted5}
       a drops
       expiry < 30 .. s"w5/expiry" 00 "gone"`,
    ],
  ]);
});
