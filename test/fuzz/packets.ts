import { packetTypes } from '../../src/mqtt/packet-type.ts';
import { clientProperties, type PropertySet } from '../../src/mqtt/property-table.ts';
import { binary, join, packet, text, u16 } from '../support/packet-bytes.ts';
import { knownUser } from './guarded.ts';
import { type Manners, randomProperties } from './properties.ts';
import type { Random } from './random.ts';
import { clientIdOf, filterOf, packetIdOf, payloadOf, topicOf } from './vocabulary.ts';

export type Version = 3 | 4 | 5;

export interface PacketOptions {
  readonly version: Version;
  /** Good ones follow the standard one by one; in a sequence they may still be out of place. */
  readonly manners: Manners;
}

export interface ConnectChoice extends PacketOptions {
  /** Left out: one of the fuzzer's ids. */
  readonly clientId?: string;
  /** Whether CONNECT brings nothing that it could be refused for: no will, no password but a right one. */
  readonly plain?: boolean;
}

const first = (type: keyof typeof packetTypes, flags = 0): number => (packetTypes[type] << 4) | flags;

const properties = (random: Random, { version, manners }: PacketOptions, allowed: PropertySet): Buffer =>
  version === 5 ? randomProperties(random, allowed, manners) : join();

/** CONNECT, mostly for a session that stays. */
export function connectPacket(random: Random, choice: ConnectChoice): Buffer {
  const { version, plain = false } = choice;
  const hasWill = !plain && random.chance(0.4);
  const hasUser = random.chance(0.1);
  const clientId = choice.clientId ?? clientIdOf(random);
  const isClean = clientId === '' || random.chance(0.4);
  const flags =
    (isClean ? 0x02 : 0) | (hasWill ? 0x04 | (random.int(3) << 3) | (random.int(2) << 5) : 0) | (hasUser ? 0xc0 : 0);
  return packet(
    first('connect'),
    text(version === 3 ? 'MQIsdp' : 'MQTT'),
    version,
    flags,
    u16(random.pick([0, 1, 60, 65_535])),
    connectPropertiesOf(random, choice),
    text(clientId),
    hasWill
      ? join(properties(random, choice, clientProperties.will), text(topicOf(random)), binary(payloadOf(random)))
      : join(),
    hasUser ? loginOf(random, plain) : join(),
  );
}

/** Of the user that a guarded broker knows, or of anybody. */
const loginOf = (random: Random, isRight: boolean): Buffer =>
  isRight || random.chance(0.5)
    ? join(text(knownUser.name), text(knownUser.password))
    : join(text(random.pick([knownUser.name, 'user', ''])), binary(random.bytes(8)));

/** A plain MQTT 5 CONNECT asks for a session that outlives the connection, and for nothing else. */
const connectPropertiesOf = (random: Random, choice: ConnectChoice): Buffer =>
  choice.plain === true && choice.version === 5
    ? join(5, 0x11, 0, 0, 0, 60)
    : properties(random, choice, clientProperties.connect);

export function publishPacket(random: Random, options: PacketOptions): Buffer {
  const qos = random.int(3);
  const flags = (qos > 0 && random.chance(0.1) ? 8 : 0) | (qos << 1) | (random.chance(0.15) ? 1 : 0);
  return packet(
    first('publish', flags),
    text(topicOf(random)),
    qos === 0 ? join() : u16(packetIdOf(random)),
    properties(random, options, clientProperties.publish),
    payloadOf(random),
  );
}

export function subscribePacket(random: Random, options: PacketOptions): Buffer {
  const more = (): number => (options.version === 5 ? random.pick([0, 0, 4, 8, 16, 32, 12]) : 0);
  const entry = (): Buffer => join(text(filterOf(random)), random.int(3) | more());
  return packet(
    first('subscribe', 2),
    u16(packetIdOf(random)),
    properties(random, options, clientProperties.subscribe),
    ...random.many(1, 5, entry),
  );
}

function unsubscribePacket(random: Random, options: PacketOptions): Buffer {
  return packet(
    first('unsubscribe', 2),
    u16(packetIdOf(random)),
    properties(random, options, clientProperties.unsubscribe),
    ...random.many(1, 3, () => text(filterOf(random))),
  );
}

function acknowledgement(random: Random, options: PacketOptions): Buffer {
  const type = random.pick(['puback', 'pubrec', 'pubrel', 'pubcomp'] as const);
  const code = random.pick([0, 0, 0x10, 0x80, 0x92, random.int(256)]);
  const more =
    options.version < 5 || random.chance(0.6)
      ? join()
      : join(code, properties(random, options, clientProperties.acknowledgement));
  return packet(first(type, type === 'pubrel' ? 2 : 0), u16(packetIdOf(random)), more);
}

function disconnectPacket(random: Random, options: PacketOptions): Buffer {
  if (options.version < 5 || random.chance(0.5)) return packet(first('disconnect'));
  const code = random.pick([0, 4, random.int(256)]);
  return packet(first('disconnect'), code, properties(random, options, clientProperties.disconnect));
}

/** What only a broker sends, and AUTH; refused in most states. */
function outOfPlace(random: Random, options: PacketOptions): Buffer {
  return random.pick([
    packet(first('connack'), 0, 0),
    packet(first('suback'), u16(packetIdOf(random)), 0),
    packet(first('unsuback'), u16(packetIdOf(random))),
    packet(first('pingresp')),
    packet(first('auth')),
    packet(first('auth'), 0x18, randomProperties(random, clientProperties.connect, options.manners)),
    packet(0),
    connectPacket(random, options),
  ]);
}

/** A packet as a client may send it after CONNECT. */
export function randomPacket(random: Random, options: PacketOptions): Buffer {
  const make = random.weighted([
    [10, publishPacket],
    [5, subscribePacket],
    [2, unsubscribePacket],
    [6, acknowledgement],
    [1, () => packet(first('pingreq'))],
    [1, disconnectPacket],
    [1, outOfPlace],
  ]);
  return make(random, options);
}
