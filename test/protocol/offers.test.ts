import { describe } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { accepted4, connect4, connect5, granted5, terse } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

const nothing = {
  maximumQos: 1,
  retain: false,
  wildcardSubscriptions: false,
  sharedSubscriptions: false,
  subscriptionIdentifiers: false,
};
const port = protocolBroker({
  listeners: [{ name: 'mqtt', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'], mqtt: nothing }],
});
/** Receive Maximum, then Maximum QoS 1 and Retain Available 0, and none of the three kinds of subscription. */
const granted = `21 0400 24 01 25 00 27 00100000 22 0020 28 00 29 00 2a 00`;
const accepted = `20 .. 00 00 { ${granted} }`;
const open = (properties = terse): string => `> ${connect5('a', properties)}\n< ${accepted}`;

describe('listeners[].mqtt: what is not offered', () => {
  protocolTests(port, [
    ['stands in the CONNACK of MQTT 5 [MQTT-3.2.2-9]', open()],
    ['is told to nobody before MQTT 5', `> ${connect4('a')}\n< ${accepted4}`],
    [
      'maximumQos: a message above it ends the connection with 0x9B',
      `${open()}
       > 34 .. s"t" 0001 00 "x"
       < e0 01 9b
       closed`,
    ],
    [
      'maximumQos: before MQTT 5 it ends the connection',
      `> ${connect4('a')}
       < ${accepted4}
       > 34 .. s"t" 0001 "x"
       closed`,
    ],
    [
      'maximumQos: a message at it is taken',
      `${open()}
       > 32 .. s"t" 0001 00 "x"
       < 40 03 0001 10`,
    ],
    [
      'maximumQos: a will above it is rejected with 0x9B [MQTT-3.2.2-12]',
      `> ${connect5('a', '', '16', '00 s"will" s"x"')}
       < 20 .. 00 9b { <reason> }
       closed`,
    ],
    [
      'maximumQos: before MQTT 5 a will above it is return code 5',
      `> ${connect4('a', '16', 's"will" s"x"')}
       < 20 02 00 05
       closed`,
    ],
    [
      'maximumQos: a subscription at QoS 2 is granted at it [MQTT-3.2.2-10]',
      `${open()}
       > 82 .. 0001 00 s"t" 02 s"u" 00
       < 90 05 0001 00 01 00
       > 32 .. s"t" 0001 00 "x"
       < 32 .. s"t" 0001 00 "x"
       < 40 02 0001`,
    ],
    [
      'maximumQos: before MQTT 5 it is granted at it as well',
      `> ${connect4('a')}
       < ${accepted4}
       > 82 .. 0001 s"t" 02
       < 90 03 0001 01`,
    ],
    [
      'retain: a retained message ends the connection with 0x9A [MQTT-3.2.2-14]',
      `${open()}
       > 31 .. s"t" 00 "x"
       < e0 01 9a
       closed`,
    ],
    [
      'retain: before MQTT 5 it ends the connection',
      `> ${connect4('a')}
       < ${accepted4}
       > 31 .. s"t" "x"
       closed`,
    ],
    [
      'retain: a retained will is rejected with 0x9A [MQTT-3.2.2-13]',
      `> ${connect5('a', '', '26', '00 s"will" s"x"')}
       < 20 .. 00 9a { <reason> }
       closed`,
    ],
    [
      'wildcardSubscriptions: such a filter ends the connection with 0xA2, and none of the packet stands',
      `${open()}
       > 82 .. 0001 00 s"t" 00 s"a/+" 00
       < e0 01 a2
       closed`,
    ],
    [
      'wildcardSubscriptions: before MQTT 5 that filter has 0x80, and the one beside it stands [3.1.1 MQTT-3.9.3-2]',
      `> ${connect4('a')}
       < ${accepted4}
       > 82 .. 0001 s"#" 00 s"t" 01
       < 90 04 0001 80 01`,
    ],
    [
      'sharedSubscriptions: such a filter ends the connection with 0x9E',
      `${open()}
       > 82 .. 0001 00 s"$share/g/t" 00
       < e0 01 9e
       closed`,
    ],
    [
      'sharedSubscriptions: before MQTT 5 that filter has 0x80 [3.1.1 MQTT-3.9.3-2]',
      `> ${connect4('a')}
       < ${accepted4}
       > 82 .. 0001 s"$share/g/t" 00
       < 90 03 0001 80`,
    ],
    [
      'subscriptionIdentifiers: a SUBSCRIBE with one ends the connection with 0xA1',
      `${open()}
       > 82 .. 0001 02 0b 01 s"t" 00
       < e0 01 a1
       closed`,
    ],
  ]);
});

describe('limits.keepAlive', () => {
  const limited = protocolBroker({ limits: { keepAlive: { min: '20s', max: '60s', before5: 'refuse' } } });
  const asking5 = (seconds: string): string => `> 10 .. 0004 "MQTT" 05 02 ${seconds} 00 s"a"`;
  const asking4 = (seconds: string): string => `> 10 .. 0004 "MQTT" 04 02 ${seconds} s"a"`;
  const told = (seconds: string): string => `< 20 .. 00 00 { ${granted5} 13 ${seconds} }`;
  protocolTests(limited, [
    ['max: Server Keep Alive of 60 s for one of 120 s [MQTT-3.2.2-21]', `${asking5('0078')}\n${told('003c')}`],
    ['max: and for none [MQTT-3.2.2-21]', `${asking5('0000')}\n${told('003c')}`],
    ['min: Server Keep Alive of 20 s for one of 5 s [MQTT-3.2.2-21]', `${asking5('0005')}\n${told('0014')}`],
    ['in between a client has its own [MQTT-3.2.2-22]', `${asking5('001e')}\n< 20 .. 00 00 { ${granted5} }`],
    ['before5: refuse answers one of 120 s with return code 2', `${asking4('0078')}\n< 20 02 00 02\nclosed`],
    ['before5: refuse answers none with return code 2', `${asking4('0000')}\n< 20 02 00 02\nclosed`],
    ['before5: refuse takes one of 60 s, and one below min', `${asking4('003c')}\n< ${accepted4}`],
  ]);
});

describe('limits.messageExpiry', () => {
  const limited = protocolBroker({ limits: { messageExpiry: '60s' } });
  const opened = `> ${connect5('a')}\n< 20 .. 00 00 { ${granted5} }`;
  const subscribed = (topic: string): string => `> 82 .. 0002 00 s"${topic}" 00\n< 90 04 0002 00 00`;
  protocolTests(limited, [
    [
      'is what a retained message has that has none of its own [MQTT-3.3.2-6]',
      `${opened}
       > 33 .. s"e/none" 0001 00 "x"
       < 40 03 0001 10
       ${subscribed('e/none')}
       < 31 .. s"e/none" { 02 0000003c } "x"`,
    ],
    [
      'is what a retained message has that has a longer one [MQTT-3.3.2-6]',
      `${opened}
       > 33 .. s"e/long" 0001 { 02 00000e10 } "x"
       < 40 03 0001 10
       ${subscribed('e/long')}
       < 31 .. s"e/long" { 02 0000003c } "x"`,
    ],
    [
      'leaves a shorter one as it is [MQTT-3.3.2-6]',
      `${opened}
       > 33 .. s"e/short" 0001 { 02 0000001e } "x"
       < 40 03 0001 10
       ${subscribed('e/short')}
       < 31 .. s"e/short" { 02 0000001e } "x"`,
    ],
    [
      'is what a message has that waits in the queue of a session [MQTT-3.3.2-6]',
      `sub > ${connect5('sub', '11 00000258')}
       sub < 20 .. 00 00 { ${granted5} }
       sub > 82 .. 0001 00 s"e/queue" 01
       sub < 90 04 0001 00 01
       sub drops
       ${opened}
       > 32 .. s"e/queue" 0001 00 "x"
       < 40 02 0001
       sub > ${connect5('sub', '11 00000258', '00')}
       sub < 20 .. 01 00 { ${granted5} }
       sub < 32 .. s"e/queue" 0001 { 02 0000003c } "x"`,
    ],
  ]);
});
