import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted5, connect5, open4, open5, subscribe4, subscribe5 } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

/** Leaves a retained message, handled before the next step. */
const retain4 = (topic: string, payload: string): string =>
  `${open4('pub')}\npub > 33 .. s"${topic}" 0007 "${payload}"\npub < 40 02 0007`;
const retain5 = (topic: string, payload: string, properties = ''): string =>
  `${open5('pub')}\npub > 30 .. s"${topic}" 00 "" | 31 .. s"${topic}" { ${properties} } "${payload}"\npub quiet`;

describe('MQTT 3.1.1: retained messages', () => {
  protocolTests(port, [
    [
      'a new subscription gets the last one, with RETAIN [3.1.1 MQTT-3.3.1-5] [3.1.1 MQTT-3.3.1-6] [3.1.1 MQTT-3.3.1-8]',
      `${retain4('r/last', 'x')}
       ${open4('sub')}
       sub > 82 .. 0001 s"r/last" 00
       sub < 90 03 0001 00
       sub < 31 .. s"r/last" "x"`,
    ],
    [
      'a newer one takes the place of the older [3.1.1 MQTT-3.3.1-5] [3.1.1 MQTT-3.3.1-6]',
      `${open4('pub')}
       pub > 33 .. s"r/new" 0001 "1"
       pub < 40 02 0001
       pub > 33 .. s"r/new" 0002 "2"
       pub < 40 02 0002
       ${open4('sub')}
       ${subscribe4('sub', 'r/new')}
       sub < 31 .. s"r/new" "2"`,
    ],
    [
      'one at QoS 0 takes the place of one at QoS 1 [3.1.1 MQTT-3.3.1-7]',
      `${open4('pub')}
       pub > 33 .. s"r/zero" 0001 "1"
       pub < 40 02 0001
       pub > 31 .. s"r/zero" "0"
       pub quiet
       ${open4('sub')}
       ${subscribe4('sub', 'r/zero', '01')}
       sub < 31 .. s"r/zero" "0"`,
    ],
    [
      'an empty one removes it, and is not kept [3.1.1 MQTT-3.3.1-10] [3.1.1 MQTT-3.3.1-11]',
      `${retain4('r/gone', 'x')}
       pub > 31 .. s"r/gone"
       pub quiet
       ${open4('sub')}
       ${subscribe4('sub', 'r/gone')}
       sub quiet`,
    ],
    [
      'a message without RETAIN is not kept, and leaves what was [3.1.1 MQTT-3.3.1-12]',
      `${retain4('r/stay', 'kept')}
       pub > 30 .. s"r/stay" "passing" | 30 .. s"r/none" "passing"
       pub quiet
       ${open4('sub')}
       ${subscribe4('sub', 'r/stay')}
       sub < 31 .. s"r/stay" "kept"
       ${subscribe4('sub', 'r/none')}
       sub quiet`,
    ],
    [
      'an empty message without RETAIN leaves what was [3.1.1 MQTT-3.3.1-12]',
      `${retain4('r/still', 'kept')}
       pub > 30 .. s"r/still"
       pub quiet
       ${open4('sub')}
       ${subscribe4('sub', 'r/still')}
       sub < 31 .. s"r/still" "kept"`,
    ],
    [
      'it comes at the lower of both QoS [3.1.1 MQTT-3.8.4-6]',
      `${retain4('r/qos', 'x')}
       ${open4('sub')}
       sub > 82 .. 0001 s"r/qos" 00
       sub < 90 03 0001 00
       sub < 31 .. s"r/qos" "x"
       sub > 82 .. 0002 s"r/qos" 02
       sub < 90 03 0002 02
       sub < 33 .. s"r/qos" 0001 "x"`,
    ],
    [
      'the same subscription again gets it again [3.1.1 MQTT-3.8.4-3]',
      `${retain4('r/twice', 'x')}
       ${open4('sub')}
       ${subscribe4('sub', 'r/twice')}
       sub < 31 .. s"r/twice" "x"
       ${subscribe4('sub', 'r/twice')}
       sub < 31 .. s"r/twice" "x"`,
    ],
    [
      'a wildcard gets those that match, also with empty levels, and none of $ [3.1.1 MQTT-3.3.1-6] [3.1.1 MQTT-4.7.2-1]',
      `${open4('pub')}
       pub > 33 .. s"w//one" 0001 "1"
       pub < 40 02 0001
       pub > 33 .. s"$w/x/one" 0002 "2"
       pub < 40 02 0002
       ${open4('sub')}
       ${subscribe4('sub', '+/+/one')}
       sub < 31 .. s"w//one" "1"`,
    ],
    [
      'whoever was subscribed gets it without RETAIN [3.1.1 MQTT-3.3.1-9]',
      `${open4('sub')}
       ${subscribe4('sub', 'r/live', '01')}
       ${retain4('r/live', 'x')}
       sub < 32 .. s"r/live" 0001 "x"`,
    ],
    [
      'it outlives the session of its publisher [3.1.1 MQTT-3.1.2-7]',
      `${retain4('r/outlives', 'x')}
       pub > e0 00
       pub closed
       ${open4('pub')}
       ${subscribe4('pub', 'r/outlives')}
       pub < 31 .. s"r/outlives" "x"`,
    ],
  ]);
});

describe('MQTT 5: retained messages', () => {
  protocolTests(port, [
    [
      'a new subscription gets the last one, with its properties [MQTT-3.3.1-5] [MQTT-3.3.1-9] [MQTT-3.3.2-17]',
      `${retain5('r5/last', 'x', '01 01 03 s"text" 08 s"answer" 09 0001 ff 26 s"b" s"1" 26 s"a" s"2" 26 s"b" s"1"')}
       ${open5('sub')}
       ${subscribe5('sub', 'r5/last')}
       sub < 31 .. s"r5/last" { 01 01 03 s"text" 08 s"answer" 09 0001 ff 26 s"b" s"1" 26 s"a" s"2" 26 s"b" s"1" } "x"`,
    ],
    [
      'a newer one takes the place of the older [MQTT-3.3.1-5]',
      `${retain5('r5/new', '1')}
       pub > 31 .. s"r5/new" 00 "2"
       pub quiet
       ${open5('sub')}
       ${subscribe5('sub', 'r5/new')}
       sub < 31 .. s"r5/new" 00 "2"`,
    ],
    [
      'an empty one removes it, and is not kept [MQTT-3.3.1-6] [MQTT-3.3.1-7]',
      `${retain5('r5/gone', 'x')}
       pub > 31 .. s"r5/gone" { 26 s"k" s"v" }
       pub quiet
       ${open5('sub')}
       ${subscribe5('sub', 'r5/gone')}
       sub quiet`,
    ],
    [
      'a message without RETAIN is not kept, and leaves what was [MQTT-3.3.1-8]',
      `${retain5('r5/stay', 'kept')}
       pub > 30 .. s"r5/stay" 00 "passing" | 30 .. s"r5/none" 00 "passing"
       pub quiet
       ${open5('sub')}
       ${subscribe5('sub', 'r5/stay')}
       sub < 31 .. s"r5/stay" 00 "kept"
       ${subscribe5('sub', 'r5/none')}
       sub quiet`,
    ],
    [
      'Retain Handling 0: also for a subscription that was there [MQTT-3.3.1-9] [MQTT-3.8.4-4]',
      `${retain5('r5/h0', 'x')}
       ${open5('sub')}
       ${subscribe5('sub', 'r5/h0', '00')}
       sub < 31 .. s"r5/h0" 00 "x"
       ${subscribe5('sub', 'r5/h0', '00')}
       sub < 31 .. s"r5/h0" 00 "x"`,
    ],
    [
      'Retain Handling 1: only for a subscription that was not there [MQTT-3.3.1-10]',
      `${retain5('r5/h1', 'x')}
       ${open5('sub')}
       ${subscribe5('sub', 'r5/h1', '10')}
       sub < 31 .. s"r5/h1" 00 "x"
       ${subscribe5('sub', 'r5/h1', '11')}
       sub quiet
       sub > a2 .. 0002 00 s"r5/h1"
       sub < b0 04 0002 00 00
       ${subscribe5('sub', 'r5/h1', '10')}
       sub < 31 .. s"r5/h1" 00 "x"`,
    ],
    [
      'Retain Handling 1: a session that goes on has its subscriptions [MQTT-3.3.1-10]',
      `${retain5('r5/h1s', 'x')}
       sub > ${connect5('h1s', '11 0000003c', '00')}
       sub < ${accepted5}
       ${subscribe5('sub', 'r5/h1s', '10')}
       sub < 31 .. s"r5/h1s" 00 "x"
       sub > e0 00
       sub closed
       sub > ${connect5('h1s', '11 0000003c', '00')}
       sub < ${accepted5.replace('00 00', '01 00')}
       ${subscribe5('sub', 'r5/h1s', '10')}
       sub quiet`,
    ],
    [
      'Retain Handling 2: never [MQTT-3.3.1-11]',
      `${retain5('r5/h2', 'x')}
       ${open5('sub')}
       ${subscribe5('sub', 'r5/h2', '20')}
       sub quiet
       pub > 30 .. s"r5/h2" 00 "live"
       sub < 30 .. s"r5/h2" 00 "live"`,
    ],
    [
      'Retain Handling of each filter in a packet is its own [MQTT-3.3.1-9] [MQTT-3.3.1-11] [MQTT-3.8.4-5]',
      `${retain5('r5/m/a', '1')}
       pub > 31 .. s"r5/m/b" 00 "2"
       pub quiet
       ${open5('sub')}
       sub > 82 .. 0001 00 s"r5/m/a" 20 s"r5/m/b" 00
       sub < 90 05 0001 00 00 00
       sub < 31 .. s"r5/m/b" 00 "2"`,
    ],
    [
      'Retain As Published 0 says nothing of those sent to a new subscription: RETAIN is set [MQTT-3.3.1-9]',
      `${retain5('r5/rap', 'x')}
       ${open5('sub')}
       ${subscribe5('sub', 'r5/rap', '00')}
       sub < 31 .. s"r5/rap" 00 "x"
       ${subscribe5('sub', 'r5/rap', '08')}
       sub < 31 .. s"r5/rap" 00 "x"`,
    ],
    [
      'it comes with the Subscription Identifier [MQTT-3.3.4-3]',
      `${retain5('r5/id', 'x')}
       ${open5('sub')}
       sub > 82 .. 0001 { 0b 05 } s"r5/id" 00
       sub < 90 04 0001 00 00
       sub < 31 .. s"r5/id" { 0b 05 } "x"`,
    ],
    [
      'a shared subscription gets none',
      `${retain5('r5/shared', 'x')}
       ${open5('sub')}
       ${subscribe5('sub', '$share/g/r5/shared')}
       sub quiet`,
    ],
    [
      'it comes at the lower of both QoS [MQTT-3.8.4-8]',
      `${open5('pub')}
       pub > 35 .. s"r5/qos" 0007 00 "x"
       pub < 50 03 0007 10
       pub > 62 02 0007
       pub < 70 02 0007
       ${open5('sub')}
       ${subscribe5('sub', 'r5/qos', '01')}
       sub < 33 .. s"r5/qos" 0001 00 "x"`,
    ],
    [
      'the name of an alias is kept, not the alias',
      `${open5('pub')}
       pub > 31 .. s"r5/alias" { 23 0001 } "1" | 31 .. 0000 { 23 0001 } "2"
       pub quiet
       ${open5('sub')}
       ${subscribe5('sub', 'r5/alias')}
       sub < 31 .. s"r5/alias" 00 "2"`,
    ],
  ]);
});
