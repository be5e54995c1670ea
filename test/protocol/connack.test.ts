import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted4, accepted5, connect4, connect5, lasting, resumed4, resumed5 } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

const port = protocolBroker();

describe('MQTT 3.1.1: session present', () => {
  protocolTests(port, [
    [
      'is 0 for a client that was never here [3.1.1 MQTT-3.2.2-3] [3.1.1 MQTT-3.1.2-4]',
      `> ${connect4('new', '00')}
       < ${accepted4}`,
    ],
    [
      'is 1 for a session that has no subscription [3.1.1 MQTT-3.2.2-2]',
      `> ${connect4('bare', '00')}
       < ${accepted4}
       > e0 00
       closed
       > ${connect4('bare', '00')}
       < ${resumed4}`,
    ],
    [
      'is 0 where the client asks for a clean session, and 0 after it [3.1.1 MQTT-3.2.2-1] [3.1.1 MQTT-3.1.2-6]',
      `> ${connect4('clean', '00')}
       < ${accepted4}
       > 82 .. 0001 s"connack/clean" 01
       < 90 03 0001 01
       > e0 00
       closed
       > ${connect4('clean', '02')}
       < ${accepted4}
       > e0 00
       closed
       > ${connect4('clean', '00')}
       < ${accepted4}`,
    ],
    [
      'is 0 when the older connection had a clean session [3.1.1 MQTT-3.1.2-6] [3.1.1 MQTT-3.2.2-3]',
      `> ${connect4('was', '02')}
       < ${accepted4}
       drops
       > ${connect4('was', '00')}
       < ${accepted4}`,
    ],
    [
      'is 0 in a CONNACK that refuses [3.1.1 MQTT-3.2.2-4] [3.1.1 MQTT-3.2.2-5]',
      `> ${connect4('', '00')}
       < 20 02 00 02
       closed`,
    ],
    [
      'no return code says that a packet is malformed: there is no CONNACK [3.1.1 MQTT-3.2.2-6] [3.1.1 MQTT-3.1.4-1]',
      `> ${connect4('a', '01')}
       closed`,
    ],
  ]);
});

describe('MQTT 5: session present', () => {
  protocolTests(port, [
    [
      'is 0 for a client that was never here, and 1 when it comes back [MQTT-3.1.2-6] [MQTT-3.2.2-3] [MQTT-3.2.2-1]',
      `> ${connect5('new5', lasting, '00')}
       < ${accepted5}
       drops
       > ${connect5('new5', lasting, '00')}
       < ${resumed5}`,
    ],
    [
      'is 0 with Clean Start, whatever was there [MQTT-3.2.2-2] [MQTT-3.1.2-4]',
      `> ${connect5('start5', lasting, '00')}
       < ${accepted5}
       > e0 00
       closed
       > ${connect5('start5', lasting, '02')}
       < ${accepted5}
       > e0 00
       closed
       > ${connect5('start5', lasting, '00')}
       < ${resumed5}`,
    ],
    [
      'is 0 where the session ended with its connection, Clean Start or not [MQTT-3.2.2-3] [MQTT-4.1.0-2]',
      `> ${connect5('ends5', '', '00')}
       < ${accepted5}
       > e0 00
       closed
       > ${connect5('ends5', '', '00')}
       < ${accepted5}`,
    ],
    [
      'is 0 in a CONNACK that refuses a client with a session [MQTT-3.2.2-6] [MQTT-3.2.2-7] [MQTT-3.2.2-8]',
      `> ${connect5('refused5', lasting, '00')}
       < ${accepted5}
       > e0 00
       closed
       > ${connect5('refused5', '21 0000', '00')}
       < 20 .. 00 82 { <reason> }
       closed
       > ${connect5('refused5', lasting, '00')}
       < ${resumed5}`,
    ],
    [
      'a session of MQTT 3.1.1 is there for MQTT 5 as well',
      `> ${connect4('both', '00')}
       < ${accepted4}
       > e0 00
       closed
       > ${connect5('both', lasting, '00')}
       < ${resumed5}`,
    ],
  ]);
});

describe('MQTT 5: what the broker grants', () => {
  const limited = protocolBroker({
    limits: {
      receiveMaximum: 5,
      packetSize: '2KiB',
      topicAliases: 0,
      keepAlive: { max: '30s' },
      responseInformation: 'answers/{clientId}',
      sessionExpiry: '1h',
    },
  });
  const limits = '21 0005 27 00000800';
  protocolTests(limited, [
    [
      'Server Keep Alive for a client that has none [MQTT-3.2.2-21]',
      `> ${connect5('a')}
       < 20 .. 00 00 { ${limits} 13 001e }`,
    ],
    [
      'Server Keep Alive for a client that asks for more [MQTT-3.2.2-21]',
      `> 10 .. 0004 "MQTT" 05 02 003c 00 s"a"
       < 20 .. 00 00 { ${limits} 13 001e }`,
    ],
    [
      'no Server Keep Alive for a client that asks for less [MQTT-3.2.2-22]',
      `> 10 .. 0004 "MQTT" 05 02 001d 00 s"a"
       < 20 .. 00 00 { ${limits} }`,
    ],
    [
      'Response Information where it is asked for',
      `> ${connect5('me', '19 01')}
       < 20 .. 00 00 { ${limits} 13 001e 1a s"answers/me" }`,
    ],
    [
      'no Response Information where it is not [MQTT-3.1.2-28]',
      `> ${connect5('me', '19 00')}
       < 20 .. 00 00 { ${limits} 13 001e }`,
    ],
    [
      'the Session Expiry Interval where it is less than asked for',
      `> ${connect5('me', '11 00000e11')}
       < 20 .. 00 00 { 11 00000e10 ${limits} 13 001e }`,
    ],
    [
      'no Session Expiry Interval where it is what was asked for',
      `> ${connect5('me', '11 00000e10')}
       < 20 .. 00 00 { ${limits} 13 001e }`,
    ],
    [
      'MQTT 3.1.1 has none of it',
      `> ${connect4('a')}
       < ${accepted4}`,
    ],
  ]);
});

describe('clients without an identity where one is asked for', () => {
  const closed = protocolBroker({ access: { anonymous: 'never' } });
  protocolTests(closed, [
    [
      'MQTT 3.1.1: return code 5 [3.1.1 MQTT-3.2.2-4] [3.1.1 MQTT-3.2.2-5]',
      `> ${connect4('a')}
       < 20 02 00 05
       closed`,
    ],
    [
      'MQTT 3.1.1: nothing that follows is handled [3.1.1 MQTT-3.1.4-5]',
      `> ${connect4('a')} | 82 .. 0001 s"t" 00 | c0 00
       < 20 02 00 05
       closed`,
    ],
    [
      'MQTT 5: 0x87 [MQTT-3.1.4-2] [MQTT-3.2.2-7] [MQTT-3.2.2-8]',
      `> ${connect5('a')}
       < 20 .. 00 87 { <reason> }
       closed`,
    ],
    [
      'MQTT 5: nothing that follows is handled [MQTT-3.1.4-6] [MQTT-4.13.2-1]',
      `> ${connect5('a')} | 82 .. 0001 00 s"t" 00 | c0 00
       < 20 .. 00 87 { <reason> }
       closed`,
    ],
  ]);
});
