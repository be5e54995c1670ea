import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, describe } from 'vitest';
import { scramVerifier, verifierText } from '../../src/auth/passwords/scram-verifier.ts';
import { protocolBroker } from '../support/protocol-broker.ts';
import { connect5, granted5 } from '../support/protocol-packets.ts';
import { type ProtocolCase, protocolTests } from '../support/protocol-script.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = await temporaryDirectory();
afterAll(() => directory[Symbol.asyncDispose]());
const secret = 'x'.repeat(32);
await writeFile(join(directory.path, 'secret'), secret);
const verifier = verifierText(await scramVerifier('pencil', Buffer.alloc(16, 7), 4_096));
await writeFile(join(directory.path, 'passwd'), `bob:${verifier}\n`);
const token = (sub: string): Promise<string> =>
  new SignJWT({ sub }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
const [ann, eve] = [await token('ann'), await token('eve')];

const port = protocolBroker({
  access: {
    passwords: { file: join(directory.path, 'passwd') },
    jwt: { algorithms: ['HS256'], secret: { file: join(directory.path, 'secret') }, lasting: 'accept' },
  },
});

const scram = '15 s"SCRAM-SHA-256"';
const jwt = '15 s"OAUTH2-JWT"';
const asked = `> ${connect5('a', `${scram} 16 s"n,,n=bob,r=abc"`)}
               < f0 .. 18 { ${scram} 16 <text> }`;
/** Whoever breaks the protocol is told how, whoever does not prove itself is not. */
const refused = (name: string, bytes: string, code: string): ProtocolCase => [
  name,
  `${asked}\n> ${bytes}\n< 20 .. 00 ${code} { <reason> }\nclosed`,
];

describe('until CONNACK, with an Authentication Method', () => {
  protocolTests(port, [
    ['it is asked by AUTH, and nothing else comes [MQTT-4.12.0-2] [MQTT-3.15.2-1]', `${asked}\ndrops`],
    ...(
      [
        ['PUBLISH', '30 .. s"t" 00 "x"'],
        ['a PUBLISH in two parts', '30 7f'],
        ['SUBSCRIBE', '82 .. 0001 00 s"t" 00'],
        ['UNSUBSCRIBE', 'a2 .. 0001 00 s"t"'],
        ['PINGREQ', 'c0 00'],
        ['PUBACK', '40 02 0001'],
        ['CONNECT', connect5('a')],
      ] as const
    ).map(([name, bytes]) => refused(`${name} is refused: 0x82 [MQTT-3.1.2-30]`, bytes, '82')),
    refused('Re-authenticate: 0x82', `f0 .. 19 { ${scram} 16 s"x" }`, '82'),
    refused('AUTH with Success, which a server sends: 0x82 [MQTT-3.15.2-1]', `f0 .. 00 { ${scram} }`, '82'),
    refused('AUTH of no length, which says Success: 0x82', 'f0 00', '82'),
    refused('AUTH with a reason code that is none: 0x82 [MQTT-3.15.2-1]', `f0 .. 20 { ${scram} }`, '82'),
    refused('AUTH without a method: 0x82', 'f0 .. 18 { 16 s"x" }', '82'),
    refused('AUTH with the reason code alone: 0x82', 'f0 01 18', '82'),
    refused('AUTH with another method: 0x82 [MQTT-4.12.0-5]', `f0 .. 18 { ${jwt} 16 s"x" }`, '82'),
    refused('AUTH with two methods: 0x82', `f0 .. 18 { ${scram} ${scram} }`, '82'),
    refused('AUTH with a property of another packet: 0x82', `f0 .. 18 { ${scram} 11 00000001 }`, '82'),
    refused('AUTH with a property that there is not: 0x81', `f0 .. 18 { ${scram} 7e 01 }`, '81'),
    refused('AUTH with more behind its properties: 0x81', `f0 .. 18 { ${scram} } 00`, '81'),
    refused('AUTH with properties that are cut off: 0x81', 'f0 .. 18 7f 15', '81'),
    refused('AUTH with a reserved bit: 0x81 [MQTT-3.15.1-1]', `f1 .. 18 { ${scram} 16 s"x" }`, '81'),
    refused('AUTH larger than limits.connectPacketSize: 0x95', 'f0 ff ff 7f', '95'),
    refused('a message of the method that is none: 0x87', `f0 .. 18 { ${scram} 16 s"c=biws" }`, '87'),
    refused('no message at all: 0x87', `f0 .. 18 { ${scram} }`, '87'),
    [
      'AUTH that waits for no question: 0x82 [MQTT-4.12.0-3]',
      `> ${connect5('a', `${scram} 16 s"n,,n=bob,r=abc"`)} | f0 .. 18 { ${scram} 16 s"x" }
       < 20 .. 00 82 { <reason> }
       closed`,
    ],
    ['DISCONNECT ends it, and nothing is answered', `${asked}\n> e0 00\nclosed`],
    [
      'DISCONNECT with a property of another packet: 0x82',
      `${asked}\n> e0 .. 00 { 15 s"x" }\n< 20 .. 00 82 { <reason> }\nclosed`,
    ],
    [
      'a first message that comes in AUTH is asked for with no data [MQTT-4.12.0-2]',
      `> ${connect5('a', scram)}
       < f0 .. 18 { ${scram} }
       > f0 .. 18 { ${scram} 16 s"n,,n=bob,r=abc" }
       < f0 .. 18 { ${scram} 16 <text> }
       drops`,
    ],
    [
      'a method that is not served: CONNACK 0x8C, and no AUTH [MQTT-4.12.0-1]',
      `> ${connect5('a', '15 s"SCRAM-SHA-1" 16 s"n,,n=bob,r=abc"')}
       < 20 .. 00 8c { <reason> }
       closed`,
    ],
  ]);
});

const open = `> ${connect5('a', `${jwt} 16 s"${ann}"`)}
              < 20 .. 00 00 { ${granted5} ${jwt} }`;
const ended = (name: string, bytes: string, code: string): ProtocolCase => [
  name,
  `${open}\n> ${bytes}\n< e0 .. ${code} { <reason> }\nclosed`,
];

describe('after CONNACK, with an Authentication Method', () => {
  protocolTests(port, [
    [
      're-authentication with the same token is a success, as often as it comes [MQTT-4.12.0-5]',
      `${open}
       > f0 .. 19 { ${jwt} 16 s"${ann}" }
       < f0 .. 00 { ${jwt} }
       > f0 .. 19 { ${jwt} 16 s"${ann}" }
       < f0 .. 00 { ${jwt} }
       > c0 00
       < d0 00
       quiet`,
    ],
    ended('a token of another client: 0x87 [MQTT-4.12.1-2]', `f0 .. 19 { ${jwt} 16 s"${eve}" }`, '87'),
    ended('what is no token: 0x87 [MQTT-4.12.1-2]', `f0 .. 19 { ${jwt} 16 s"x" }`, '87'),
    ended('no token: 0x87 [MQTT-4.12.1-2]', `f0 .. 19 { ${jwt} }`, '87'),
    ended('another method than that of CONNECT: 0x82 [MQTT-4.12.1-1]', `f0 .. 19 { ${scram} 16 s"n,,n=a,r=b" }`, '82'),
    ended('Continue authentication, and nothing was asked: 0x82', `f0 .. 18 { ${jwt} 16 s"${ann}" }`, '82'),
    ended('Success: 0x82 [MQTT-3.15.2-1]', `f0 .. 00 { ${jwt} }`, '82'),
  ]);
});
