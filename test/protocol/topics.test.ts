import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { connect5, open4, open5, subscribe4, subscribe5, terse } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker({ limits: { topicLength: '65535B' } });

/** Filter, topics that match it, topics that do not. */
const rows: readonly (readonly [filter: string, matching: readonly string[], other: readonly string[]])[] = [
  [
    'sport/tennis/player1/#',
    ['sport/tennis/player1', 'sport/tennis/player1/ranking', 'sport/tennis/player1/score/wimbledon'],
    ['sport/tennis/player2', 'sport/tennis', 'sport/tennis/player11'],
  ],
  ['sport/#', ['sport', 'sport/', 'sport/a/b/c'], ['sports', 'Sport']],
  ['#', ['a', '/', '/a', 'a//b', 'a/b/c/d'], ['$a', '$a/b']],
  ['/#', ['/', '/a', '//'], ['a', 'a/']],
  ['+', ['a', 'finance'], ['/', 'a/b', '/a', 'a/', '$a']],
  ['+/+', ['/finance', 'a/b', '/', 'a/'], ['a', 'a/b/c', '$a/b']],
  ['/+', ['/finance', '/'], ['finance', '/a/b']],
  ['sport/+', ['sport/', 'sport/a'], ['sport', 'sport/a/b']],
  ['sport/tennis/+', ['sport/tennis/player1', 'sport/tennis/'], ['sport/tennis/player1/ranking', 'sport/tennis']],
  ['+/tennis/#', ['a/tennis', '/tennis', 'a/tennis/b'], ['a/b/tennis', '$a/tennis']],
  ['a/+/c', ['a/b/c', 'a//c'], ['a/c', 'a/b/b/c', 'a/b/c/d']],
  ['+/#', ['a', 'a/b', '/'], ['$a', '$a/b']],
  ['+/+/#', ['a/b', 'a/b/c', '/'], ['a', '$a/b']],
  ['$a/#', ['$a', '$a/b'], ['a', 'a/b', '$b']],
  ['$a/+', ['$a/b', '$a/'], ['$a', 'a/b']],
  ['a/$b', ['a/$b'], ['a/b', '$b']],
  ['a/#', ['a/$b', 'a', 'a/b'], ['ab']],
  ['A', ['A'], ['a']],
  ['/', ['/'], ['a', '//', 'a/']],
  ['//', ['//'], ['/', '///']],
  ['a b', ['a b'], ['ab', 'a  b']],
  ['\u00e9', ['\u00e9'], ['e', 'e\u0301']],
  ['\u212b', ['\u212b'], ['\u00c5', 'A\u030a']],
];
const clauses4 =
  '[3.1.1 MQTT-4.7.1-2] [3.1.1 MQTT-4.7.1-3] [3.1.1 MQTT-4.7.2-1] [3.1.1 MQTT-4.7.3-4] [3.1.1 MQTT-3.3.2-3]';
const clauses5 = '[MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.2-1] [MQTT-4.7.3-4] [MQTT-3.3.2-3]';

/** All topics are published, first those that do not match, and exactly the matching ones arrive. */
const exactly = (level: 4 | 5, filter: string, matching: readonly string[], other: readonly string[]): string => {
  const properties = level === 5 ? '00' : '';
  const open = level === 5 ? open5 : open4;
  const all = [...other, ...matching];
  return `
    ${open('sub')}
    ${level === 5 ? subscribe5('sub', filter) : subscribe4('sub', filter)}
    ${open('pub')}
    pub > ${all.map((topic) => `30 .. s"${topic}" ${properties} "x"`).join(' | ')}
    pub quiet
    ${matching.map((topic) => `sub < 30 .. s"${topic}" ${properties} "x"`).join('\n')}
    sub quiet`;
};

describe('MQTT 3.1.1: filters', () => {
  protocolTests(
    port,
    rows.map(
      ([filter, matching, other]): ProtocolCase => [
        `${filter} matches ${matching.join(' ')} and not ${other.join(' ')} ${clauses4}`,
        exactly(4, filter, matching, other),
      ],
    ),
  );
});

describe('MQTT 5: filters', () => {
  protocolTests(
    port,
    rows.map(
      ([filter, matching, other]): ProtocolCase => [
        `${filter} matches ${matching.join(' ')} and not ${other.join(' ')} ${clauses5}`,
        exactly(5, filter, matching, other),
      ],
    ),
  );
});

describe('limits of topics', () => {
  const levels = (count: number): string => Array.from({ length: count }, () => 'a').join('/');
  protocolTests(port, [
    [
      'a filter of 65,535 bytes is taken [3.1.1 MQTT-4.7.3-3]',
      `${open4('a')}
       a > 82 .. 0001 ffff 61*65535 00
       a < 90 03 0001 00`,
    ],
    [
      'a filter of 65,535 bytes is taken [MQTT-4.7.3-3]',
      `${open5('a')}
       a > 82 .. 0001 00 ffff 61*65535 00
       a < 90 04 0001 00 00`,
    ],
    [
      'a topic of 256 levels arrives at all QoS, from its retained message and under a filter as deep',
      `${open4('sub')}
       ${subscribe4('sub', '#', '02')}
       ${open4('pub')}
       pub > 30 .. s"${levels(256)}" "x"
       sub < 30 .. s"${levels(256)}" "x"
       pub > 33 .. s"${levels(256)}" 0001 "y"
       pub < 40 02 0001
       sub < 32 .. s"${levels(256)}" 0001 "y"
       pub > 34 .. s"${levels(256)}" 0002 "z"
       pub < 50 02 0002
       sub < 34 .. s"${levels(256)}" 0002 "z"
       ${open4('late')}
       late > 82 .. 0001 s"${levels(256)}" 00
       late < 90 03 0001 00
       late < 31 .. s"${levels(256)}" "y"
       late > 31 .. s"${levels(256)}"
       late < 30 .. s"${levels(256)}"
       sub < 30 .. s"${levels(256)}"`,
    ],
    [
      'a topic of 257 levels: MQTT 3.1.1 has no code for it, so it is acknowledged and dropped, and its client stays',
      `${open4('sub')}
       ${subscribe4('sub', '#', '02')}
       ${open4('pub')}
       pub > 30 .. s"${levels(257)}" "x" | 32 .. s"${levels(257)}" 0001 "x" | 34 .. s"${levels(257)}" 0002 "x"
       pub < 40 02 0001
       pub < 50 02 0002
       pub > 62 02 0002
       pub < 70 02 0002
       sub quiet`,
    ],
    [
      'a topic of 257 levels: 0x90, in the order of the messages around it, and its client stays [MQTT-4.6.0-2]',
      `${open5('sub')}
       ${subscribe5('sub', '#', '02')}
       ${open5('pub', terse)}
       pub > 30 .. s"${levels(257)}" 00 "x" | 34 .. s"t" 0001 00 "1" | 32 .. s"${levels(257)}" 0002 00 "x" | 34 .. s"${levels(257)}" 0003 00 "x" | 34 .. s"t" 0004 00 "2"
       pub < 50 02 0001
       pub < 40 03 0002 90
       pub < 50 03 0003 90
       pub < 50 02 0004
       sub < 34 .. s"t" 0001 00 "1"
       sub < 34 .. s"t" 0002 00 "2"`,
    ],
    [
      'a filter of 257 levels: 0x8F in MQTT 5, 0x80 before, and the filter beside it stands',
      `${open5('five')}
       five > 82 .. 0001 00 s"${levels(257)}" 00 s"t" 01
       five < 90 .. 0001 { <reason> } 8f 01
       ${open4('four')}
       four > 82 .. 0001 s"${levels(257)}" 00 s"t" 01
       four < 90 04 0001 80 01`,
    ],
    [
      'a will with a topic of 257 levels: CONNACK 0x90',
      `a > ${connect5('a', '', '06', `00 s"${levels(257)}" s"gone"`)}
       a < 20 .. 00 90 { <reason> }
       a closed`,
    ],
    [
      'a topic of one character, a blank',
      `${open4('a')}
       ${subscribe4('a', ' ')}
       a > 30 .. s" " "x"
       a < 30 .. s" " "x"`,
    ],
    [
      'topics that objects have as keys are topics like others',
      `${open4('a')}
       ${subscribe4('a', '__proto__')}
       ${subscribe4('a', 'constructor/+')}
       a > 30 .. s"__proto__" "x" | 30 .. s"constructor/name" "x" | 30 .. s"toString" "x"
       a < 30 .. s"__proto__" "x"
       a < 30 .. s"constructor/name" "x"`,
    ],
  ]);
});
