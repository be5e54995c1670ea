import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { open4, open5, terse } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

describe('limits.controlCharacters: refuse', () => {
  const port = protocolBroker({ limits: { controlCharacters: 'refuse' } });
  protocolTests(port, [
    [
      'a topic name with one is refused with 0x90 in MQTT 5',
      `${open5('a', terse)}
       a > 32 08 0003 61 01 62 0001 00
       a < 40 03 0001 90`,
    ],
    [
      'before MQTT 5 the message is acknowledged and goes to nobody',
      `${open4('b')}
       b > 82 .. 0001 s"#" 00
       b < 90 03 0001 00
       b > 32 07 0003 61 7f 62 0001
       b < 40 02 0001
       b quiet`,
    ],
    [
      'a topic filter with one is refused with 0x8F in MQTT 5, and the filter beside it stands',
      `${open5('c', terse)}
       c > 82 .. 0001 00 0002 61 02 00 s"a" 00
       c < 90 05 0001 00 8f 00`,
    ],
    [
      'a topic filter with one is refused with 0x80 before MQTT 5',
      `${open4('d')}
       d > 82 .. 0001 0002 61 02 00 s"a" 00
       d < 90 04 0001 80 00`,
    ],
    [
      'a client id with one is refused: return code 2 before MQTT 5',
      `e > 10 .. 0004 "MQTT" 04 02 0000 0002 61 1f
       e < 20 02 00 02
       e closed`,
    ],
    [
      'a will topic with one is refused in MQTT 5 with 0x90',
      `f > 10 .. 0004 "MQTT" 05 06 0000 { ${terse} } s"f" 00 0002 61 7f 0000
       f < 20 .. 00 90 { <reason> }
       f closed`,
    ],
  ]);
});

describe('limits.controlCharacters: take, the default', () => {
  const port = protocolBroker();
  protocolTests(port, [
    [
      'control characters and code points that are no characters pass, as MQTT allows [MQTT 5, 1.5.4]',
      `${open4('a')}
       a > 82 .. 0001 0004 01 ef bf bf 00
       a < 90 03 0001 00
       a > 30 06 0004 01 ef bf bf
       a < 30 06 0004 01 ef bf bf`,
    ],
  ]);
});
