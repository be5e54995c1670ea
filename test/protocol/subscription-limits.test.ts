import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted5, connect5, lasting, open4, open5, terse } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker({
  limits: { topicLength: '64B', filtersPerPacket: 5, subscriptions: { count: 6, overlap: 2 } },
});

describe('limits.topicLength: a topic filter that is longer', () => {
  protocolTests(port, [
    [
      'is refused with 0x80 before MQTT 5, and the filter beside it stands [3.1.1 MQTT-3.9.3-2]',
      `${open4('a')}
       a > 82 .. 0001 0041 78*65 00 0040 78*64 01
       a < 90 04 0001 80 01`,
    ],
    [
      'is refused with 0x8F in MQTT 5, and the filter beside it stands [MQTT-3.9.3-2]',
      `${open5('a')}
       a > 82 .. 0001 00 0041 78*65 00 0040 78*64 01
       a < 90 .. 0001 { <reason> } 8f 01`,
    ],
    [
      'has no words for a client that wants none [MQTT-3.1.2-29]',
      `${open5('a', terse)}
       a > 82 .. 0001 00 0041 78*65 00
       a < 90 04 0001 00 8f`,
    ],
    [
      'has no words that would not fit into the Maximum Packet Size of the client [MQTT-3.9.2-1]',
      `a > ${connect5('a', '27 00000020')}
       a < ${accepted5}
       a > 82 .. 0001 00 0041 78*65 00
       a < 90 04 0001 00 8f`,
    ],
    [
      'was never subscribed to: UNSUBACK says 0x11 [MQTT-3.11.3-2]',
      `${open5('a')}
       a > a2 .. 0001 00 0041 78*65
       a < b0 04 0001 00 11`,
    ],
  ]);
});

describe('limits.filtersPerPacket: a SUBSCRIBE with more filters', () => {
  protocolTests(port, [
    [
      'has 0x80 for each before MQTT 5, and none of them stands [3.1.1 MQTT-3.9.3-2] [3.1.1 MQTT-3.8.4-5]',
      `${open4('a')}
       a > 82 .. 0001 s"n/1" 00 s"n/2" 00 s"n/3" 00 s"n/4" 00 s"n/5" 00 s"n/6" 00
       a < 90 08 0001 80 80 80 80 80 80
       a > 30 .. s"n/1" "x"
       a quiet`,
    ],
    [
      'has 0x97 for each in MQTT 5, and the next with fewer is taken [MQTT-3.9.3-2] [MQTT-3.8.4-6]',
      `${open5('a', lasting)}
       a > 82 .. 0001 00 s"n/1" 00 s"n/2" 00 s"n/3" 00 s"n/4" 00 s"n/5" 00 s"n/6" 00
       a < 90 .. 0001 { <reason> } 97 97 97 97 97 97
       a > 82 .. 0002 00 s"n/1" 00 s"n/2" 01 s"n/3" 02 s"n/4" 00 s"n/5" 00
       a < 90 08 0002 00 00 01 02 00 00`,
    ],
    [
      'is no limit of UNSUBSCRIBE: a client gets rid of all that it has at once [MQTT-3.10.4-1]',
      `${open5('a')}
       a > a2 .. 0001 00 s"1" s"2" s"3" s"4" s"5" s"6" s"7"
       a < b0 0a 0001 00 11 11 11 11 11 11 11`,
    ],
  ]);
});

describe('limits.subscriptions: filters beyond it', () => {
  protocolTests(port, [
    [
      'count: the first have their QoS and the others 0x97, and what is given back may be taken again [MQTT-3.9.3-2]',
      `${open5('a')}
       a > 82 .. 0001 00 s"1" 00 s"2" 01 s"3" 02 s"4" 00
       a < 90 07 0001 00 00 01 02 00
       a > 82 .. 0002 00 s"5" 00 s"6" 00 s"7" 00 s"1" 02
       a < 90 .. 0002 { <reason> } 00 00 97 02
       a > a2 .. 0003 00 s"2" s"7"
       a < b0 05 0003 00 00 11
       a > 82 .. 0004 00 s"7" 00 s"8" 00
       a < 90 .. 0004 { <reason> } 00 97`,
    ],
    [
      'count: before MQTT 5 the others have 0x80 [3.1.1 MQTT-3.9.3-2]',
      `${open4('a')}
       a > 82 .. 0001 s"1" 00 s"2" 01 s"3" 02 s"4" 00
       a < 90 06 0001 00 01 02 00
       a > 82 .. 0002 s"5" 00 s"6" 00 s"7" 00
       a < 90 05 0002 00 00 80`,
    ],
    [
      'overlap: a third arrangement of wildcards has 0x97, one that is there already is taken [MQTT-3.9.3-2]',
      `${open5('a')}
       a > 82 .. 0001 00 s"+/a" 00 s"a/+" 00 s"+/+" 00 s"b/+" 00 s"a/b" 00
       a < 90 .. 0001 { <reason> } 00 00 97 00 00`,
    ],
    [
      'overlap: a third group of shared subscriptions has 0x97, another filter of a group is taken [MQTT-3.9.3-2]',
      `${open5('a')}
       a > 82 .. 0001 00 s"$share/g/a" 00 s"$share/h/a" 00 s"$share/i/a" 00 s"$share/g/b" 00
       a < 90 .. 0001 { <reason> } 00 00 97 00`,
    ],
    [
      'a session that goes on has what it was granted, and no room for more [MQTT-3.1.2-5]',
      `a > 10 .. 0004 "MQTT" 04 00 0000 s"kept"
       a < 20 02 00 00
       a > 82 .. 0001 s"1" 00 s"2" 01 s"3" 02 s"4" 00
       a < 90 06 0001 00 01 02 00
       a > 82 .. 0002 s"5" 00 s"6" 00
       a < 90 04 0002 00 00
       a > e0 00
       a closed
       b > 10 .. 0004 "MQTT" 04 00 0000 s"kept"
       b < 20 02 01 00
       b > 82 .. 0001 s"7" 00 s"6" 01
       b < 90 04 0001 80 01
       b > 30 .. s"5" "x"
       b < 30 .. s"5" "x"`,
    ],
  ]);
});

describe('limits.topicLength: a topic name that is longer', () => {
  const long = '0041 78*65';
  protocolTests(port, [
    [
      'is refused with PUBACK 0x90 in MQTT 5, in its turn, and its client stays [MQTT-3.4.2-1] [MQTT-4.6.0-2]',
      `${open5('a', terse)}
       a > 34 .. s"t" 0001 00 "x" | 32 .. ${long} 0002 00 "x" | 32 .. s"t" 0003 00 "x"
       a < 50 03 0001 10
       a < 40 03 0002 90
       a < 40 03 0003 10`,
    ],
    [
      'is refused with PUBREC 0x90 in MQTT 5, and its packet identifier is free [MQTT-4.3.3-9]',
      `${open5('a', terse)}
       a > 34 .. ${long} 0001 00 "x"
       a < 50 03 0001 90
       a > 34 .. s"t" 0001 00 "x"
       a < 50 03 0001 10`,
    ],
    [
      'is dropped at QoS 0 in MQTT 5, also where an alias stands for it',
      `${open5('a', terse)}
       a > 30 .. ${long} { 23 0001 } "x" | 30 .. 0000 { 23 0001 } "x" | 32 .. 0000 0001 { 23 0001 } "x"
       a < 40 03 0001 90`,
    ],
    [
      'is acknowledged and dropped before MQTT 5, where no code says why, and the connection stays',
      `${open4('a')}\na > 32 .. ${long} 0001 "x" | 30 .. ${long} "x"\na < 40 02 0001\na quiet`,
    ],
    [
      'of a will: CONNACK 0x90',
      `a > 10 .. 0004 "MQTT" 05 06 0000 {} s"a" 00 ${long} s"x"\na < 20 .. 00 90 { <reason> }\na closed`,
    ],
    [
      'of a will before MQTT 5: the client is not accepted',
      `a > 10 .. 0004 "MQTT" 04 06 0000 s"a" ${long} s"x"\na < 20 02 00 05\na closed`,
    ],
  ]);
});
