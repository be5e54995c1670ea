import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted4, connect4, open4, resumed4, subscribe4 } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

/** A client with a session that stays; it subscribes and leaves. */
const away4 = (id: string, filter: string, qos = '01'): string =>
  `a > ${connect4(id, '00')}
   a < ${accepted4}
   ${subscribe4('a', filter, qos)}
   a > e0 00
   a closed`;
const back4 = (id: string): string => `a > ${connect4(id, '00')}\na < ${resumed4}`;
describe('MQTT 3.1.1: sessions', () => {
  protocolTests(port, [
    [
      'what comes at QoS 1 and 2 while the client is away is kept, in order [3.1.1 MQTT-3.1.2-5] [3.1.1 MQTT-4.5.0-1] [3.1.1 MQTT-4.1.0-1]',
      `${away4('s1', 's/kept', '02')}
       ${open4('pub')}
       pub > 32 .. s"s/kept" 0001 "1"
       pub < 40 02 0001
       pub > 34 .. s"s/kept" 0002 "2"
       pub < 50 02 0002
       pub > 62 02 0002
       pub < 70 02 0002
       pub > 32 .. s"s/kept" 0003 "3"
       pub < 40 02 0003
       ${back4('s1')}
       a < 32 .. s"s/kept" 0001 "1"
       a < 34 .. s"s/kept" 0002 "2"
       a < 32 .. s"s/kept" 0003 "3"`,
    ],
    [
      'the subscription is still there after coming back [3.1.1 MQTT-3.1.2-4] [3.1.1 MQTT-4.1.0-1]',
      `${away4('s2', 's/still')}
       ${back4('s2')}
       a > 32 .. s"s/still" 0001 "x"
       a < 32 .. s"s/still" 0001 "x"
       a < 40 02 0001`,
    ],
    [
      'what was acknowledged does not come again [3.1.1 MQTT-4.3.2-1]',
      `${away4('s3', 's/once')}
       ${open4('pub')}
       pub > 32 .. s"s/once" 0001 "1"
       pub < 40 02 0001
       ${back4('s3')}
       a < 32 .. s"s/once" 0001 "1"
       a > 40 02 0001
       a quiet
       a > e0 00
       a closed
       ${back4('s3')}
       a quiet`,
    ],
    [
      'what was not acknowledged comes again with DUP and the same identifiers, in order [3.1.1 MQTT-4.4.0-1] [3.1.1 MQTT-4.6.0-1] [3.1.1 MQTT-3.3.1-1] [3.1.1 MQTT-2.3.1-3] [3.1.1 MQTT-4.3.2-1] [3.1.1 MQTT-4.3.3-1]',
      `a > ${connect4('s4', '00')}
       a < ${accepted4}
       ${subscribe4('a', 's/again', '02')}
       ${open4('pub')}
       pub > 32 .. s"s/again" 0001 "1"
       pub < 40 02 0001
       pub > 34 .. s"s/again" 0002 "2"
       pub < 50 02 0002
       pub > 62 02 0002
       pub < 70 02 0002
       pub > 32 .. s"s/again" 0003 "3"
       pub < 40 02 0003
       a < 32 .. s"s/again" 0001 "1"
       a < 34 .. s"s/again" 0002 "2"
       a < 32 .. s"s/again" 0003 "3"
       a drops
       ${back4('s4')}
       a < 3a .. s"s/again" 0001 "1"
       a < 3c .. s"s/again" 0002 "2"
       a < 3a .. s"s/again" 0003 "3"
       a > 40 02 0001
       a > 50 02 0002
       a < 62 02 0002
       a drops
       ${back4('s4')}
       a < 62 02 0002
       a < 3a .. s"s/again" 0003 "3"
       a > 70 02 0002 40 02 0003
       a quiet
       a drops
       ${back4('s4')}
       a quiet`,
    ],
    [
      'new messages come behind those sent again, under other identifiers [3.1.1 MQTT-4.6.0-6] [3.1.1 MQTT-2.3.1-4]',
      `a > ${connect4('s5', '00')}
       a < ${accepted4}
       ${subscribe4('a', 's/behind', '01')}
       a > 32 .. s"s/behind" 0001 "1"
       a < 32 .. s"s/behind" 0001 "1"
       a < 40 02 0001
       a drops
       ${open4('pub')}
       pub > 32 .. s"s/behind" 0001 "2"
       pub < 40 02 0001
       ${back4('s5')}
       a < 3a .. s"s/behind" 0001 "1"
       a < 32 .. s"s/behind" 0002 "2"`,
    ],
    [
      'a QoS 2 message that the client began to send is completed after it came back, once [3.1.1 MQTT-4.3.3-2] [3.1.1 MQTT-4.1.0-1]',
      `${open4('sub')}
       ${subscribe4('sub', 's/half', '02')}
       a > ${connect4('s6', '00')}
       a < ${accepted4}
       a > 34 .. s"s/half" 0007 "x"
       a < 50 02 0007
       a drops
       ${back4('s6')}
       a > 3c .. s"s/half" 0007 "x"
       a < 50 02 0007
       a > 62 02 0007
       a < 70 02 0007
       sub < 34 .. s"s/half" 0001 "x"`,
    ],
    [
      'a clean session throws away what was kept, and its subscriptions [3.1.1 MQTT-3.1.2-6]',
      `${away4('s7', 's/thrown')}
       ${open4('pub')}
       pub > 32 .. s"s/thrown" 0001 "1"
       pub < 40 02 0001
       a > ${connect4('s7', '02')}
       a < ${accepted4}
       pub > 32 .. s"s/thrown" 0002 "2"
       pub < 40 02 0002
       a quiet
       a > e0 00
       a closed
       a > ${connect4('s7', '00')}
       a < ${accepted4}
       a quiet`,
    ],
    [
      'a clean session ends with its connection [3.1.1 MQTT-3.1.2-6]',
      `a > ${connect4('s8', '02')}
       a < ${accepted4}
       ${subscribe4('a', 's/ends', '01')}
       a > e0 00
       a closed
       ${open4('pub')}
       pub > 32 .. s"s/ends" 0001 "1"
       pub < 40 02 0001
       a > ${connect4('s8', '00')}
       a < ${accepted4}
       a quiet`,
    ],
    [
      'the open QoS 2 identifiers of a session do not outlive it [3.1.1 MQTT-3.1.2-6]',
      `${open4('sub')}
       ${subscribe4('sub', 's/fresh', '00')}
       a > ${connect4('s9', '00')}
       a < ${accepted4}
       a > 34 .. s"s/fresh" 0007 "old"
       a < 50 02 0007
       sub < 30 .. s"s/fresh" "old"
       a drops
       a > ${connect4('s9', '02')}
       a < ${accepted4}
       a > 34 .. s"s/fresh" 0007 "new"
       a < 50 02 0007
       a > 62 02 0007
       a < 70 02 0007
       sub < 30 .. s"s/fresh" "new"`,
    ],
    [
      'what is kept is kept at the QoS that was granted [3.1.1 MQTT-3.8.4-6]',
      `${away4('s10', 's/lower', '01')}
       ${open4('pub')}
       pub > 34 .. s"s/lower" 0001 "x"
       pub < 50 02 0001
       pub > 62 02 0001
       pub < 70 02 0001
       ${back4('s10')}
       a < 32 .. s"s/lower" 0001 "x"`,
    ],
    [
      'filters that overlap keep one copy at the highest QoS, and $ topics stay out of # [3.1.1 MQTT-3.3.5-1] [3.1.1 MQTT-4.7.2-1]',
      `a > ${connect4('s11', '00')}
       a < ${accepted4}
       a > 82 .. 0001 s"s/over" 01 s"s/+" 02 s"#" 01
       a < 90 05 0001 01 02 01
       a > e0 00
       a closed
       ${open4('pub')}
       pub > 34 .. s"s/over" 0001 "x"
       pub < 50 02 0001
       pub > 62 02 0001
       pub < 70 02 0001
       pub > 32 .. s"$s/over" 0002 "y"
       pub < 40 02 0002
       a > ${connect4('s11', '00')}
       a < ${resumed4}
       a < 34 .. s"s/over" 0001 "x"
       a > a2 .. 0002 s"#"
       a < b0 02 0002`,
    ],
    [
      'a session lives at least as long as its connection [3.1.1 MQTT-4.1.0-2]',
      `a > ${connect4('s12', '02')}
       a < ${accepted4}
       ${subscribe4('a', 's/lives', '01')}
       a > c0 00
       a < d0 00
       a > 32 .. s"s/lives" 0001 "x"
       a < 32 .. s"s/lives" 0001 "x"
       a < 40 02 0001`,
    ],
  ]);
});
