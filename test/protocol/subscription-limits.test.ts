import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { open4, open5 } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker({ limits: { topicLength: '64B' } });

describe('limits.topicLength: a topic filter that is longer', () => {
  protocolTests(port, [
    [
      'is refused with 0x80 before MQTT 5, and the filter beside it stands [3.1.1 MQTT-3.9.3-2]',
      `${open4('a')}
       a > 82 .. 0001 0041 78*65 00 0040 78*64 01
       a < 90 04 0001 80 01`,
    ],
    [
      'is refused with 0x87 in MQTT 5, and the filter beside it stands [MQTT-3.9.3-2]',
      `${open5('a')}
       a > 82 .. 0001 00 0041 78*65 00 0040 78*64 01
       a < 90 05 0001 00 87 01`,
    ],
  ]);
});
