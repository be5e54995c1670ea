import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../support/program.ts';
import { protocolBroker } from '../support/protocol-broker.ts';
import { granted5 } from '../support/protocol-packets.ts';
import { protocolTests } from '../support/protocol-script.ts';

/** What `test_subscribe_failure` and `test_server_keep_alive` of paho.mqtt.testing send and expect, byte for byte. */

const page = readFileSync(join(repository, 'docs/access-rules.md'), 'utf8');
const example = Array.from(page.matchAll(/```yaml\n(.*?)```/gs), ([, yaml = '']) => yaml).find((yaml) =>
  yaml.includes('test/nosubscribe'),
);
const config = parse(example ?? '') as {
  readonly access: { readonly rules: readonly object[] };
  readonly limits: object;
};

const connect3 = '> 10 .. 0004 "MQTT" 04 02 0000 s"myclientid"';
const connect5 = (keepAlive: string): string => `> 10 .. 0004 "MQTT" 05 02 ${keepAlive} 00 s"myclientid"`;
const told = `< 20 .. 00 00 { ${granted5} 13 003c }`;

describe('as docs/access-rules.md has it for the tests of Paho', () => {
  protocolTests(protocolBroker(config), [
    [
      'subscribe_failure: MQTT 3.1.1 gets 0x80 for test/nosubscribe [3.1.1 MQTT-3.9.3-2]',
      `${connect3}
       < 20 02 00 00
       > 82 .. 0001 s"test/nosubscribe" 02
       < 90 03 0001 80`,
    ],
    [
      'subscribe_failure: MQTT 5 gets 0x80 for test/nosubscribe, and other subscriptions stand [MQTT-3.8.4-6]',
      `${connect5('0000')}
       ${told}
       > 82 .. 0001 00 s"test/nosubscribe" 02 s"TopicA/#" 02
       < 90 .. 0001 { <reason> } 80 02`,
    ],
    ['server_keep_alive: 60 s for one of 120 s [MQTT-3.2.2-21]', `${connect5('0078')}\n${told}`],
    [
      'server_keep_alive: a client has its own of 60 s [MQTT-3.2.2-22]',
      `${connect5('003c')}\n< 20 .. 00 00 { ${granted5} }`,
    ],
  ]);
});

describe('without denied.subscription', () => {
  protocolTests(protocolBroker({ access: { rules: config.access.rules } }), [
    [
      'MQTT 5 gets 0x87, which says why [MQTT-3.8.4-6]',
      `> 10 .. 0004 "MQTT" 05 02 0000 00 s"a"
       < 20 .. 00 00 { ${granted5} }
       > 82 .. 0001 00 s"test/nosubscribe" 02
       < 90 .. 0001 { <reason> } 87`,
    ],
  ]);
});
