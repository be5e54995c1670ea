import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { open4, open5, subscribe4, subscribe5 } from '../support/protocol-packets.ts';
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
      'a topic of 100 levels arrives',
      `${open4('sub')}
       ${subscribe4('sub', '#')}
       ${open4('pub')}
       pub > 30 .. s"${levels(100)}" "x"
       sub < 30 .. s"${levels(100)}" "x"`,
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
