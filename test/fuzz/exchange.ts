import { packetTypes } from '../../src/mqtt/packet-type.ts';
import { binary, join, packet, section, text, u16 } from '../support/packet-bytes.ts';
import { knownToken, knownUser } from './guarded.ts';
import { mutate } from './mutate.ts';
import { randomPacket } from './packets.ts';
import type { Random } from './random.ts';
import { clientIdOf } from './vocabulary.ts';

type Method = 'SCRAM-SHA-256' | 'OAUTH2-JWT' | 'FUZZ';

const messages = [
  `n,,n=${knownUser.name},r=abc`,
  'y,a=x,n=x,r=abc',
  'n,,n=nobody,r=abc,x=1',
  'p=tls-unique,,n=bob,r=abc',
  'c=biws,r=abc,p=AAAA',
  `c=biws,r=abc,p=${Buffer.alloc(32).toString('base64')}`,
  'n,,',
  ',,,=,=2C',
  '',
];

function dataOf(random: Random, method: Method): Buffer {
  if (random.chance(0.1)) return random.bytes(random.int(300));
  const said = Buffer.from(method === 'OAUTH2-JWT' && random.chance(0.8) ? knownToken : random.pick(messages));
  return random.chance(0.15) ? mutate(random, said) : said;
}

/** Method and data, mostly both. */
const proofOf = (random: Random, method: Method): Buffer =>
  join(
    random.chance(0.97) ? join(0x15, text(method)) : join(),
    random.chance(0.9) ? join(0x16, binary(dataOf(random, method))) : join(),
  );

const connectBy = (random: Random, method: Method): Buffer =>
  packet(
    packetTypes.connect << 4,
    text('MQTT'),
    5,
    random.int(2) << 1,
    u16(0),
    section(proofOf(random, method), random.chance(0.2) ? join(0x27, 0, 0, 0, random.int(100)) : join()),
    text(clientIdOf(random)),
  );

const authBy = (random: Random, method: Method): Buffer =>
  packet(packetTypes.auth << 4, random.pick([0x18, 0x18, 0x19, 0x19, 0, 0x87]), section(proofOf(random, method)));

/** A client that names an Authentication Method, and what it says in its exchange, before CONNACK and behind it. */
export function exchangePackets(random: Random): { readonly connect: Buffer; readonly packets: readonly Buffer[] } {
  const method = random.weighted<Method>([
    [6, 'SCRAM-SHA-256'],
    [6, 'OAUTH2-JWT'],
    [1, 'FUZZ'],
  ]);
  const connect = connectBy(random, method);
  const packets = random.many(1, 8, () => {
    const next = random.chance(0.7) ? authBy(random, method) : randomPacket(random, { version: 5, manners: 'good' });
    return random.chance(0.1) ? mutate(random, next) : next;
  });
  return { connect, packets };
}
