import { join } from '../support/packet-bytes.ts';
import { exchangePackets } from './exchange.ts';
import { mutate, splice } from './mutate.ts';
import { connectPacket, type PacketOptions, randomPacket, subscribePacket, type Version } from './packets.ts';
import { Random } from './random.ts';
import { tlsGarbage } from './tls-bytes.ts';
import { cutUp, oddRequest, toFrames, upgradeRequest } from './websocket.ts';

/** A listener of the broker under test, and what is spoken to it. */
export interface Way {
  readonly listener: 'tcp' | 'tls' | 'two-way' | 'wss' | 'any';
  /** Whether the bytes go through TLS. */
  readonly isSecure: boolean;
  readonly isWebSocket: boolean;
}

export interface Step {
  readonly bytes: Buffer;
  /** Whether to wait for an answer, a little while, before the next step. */
  readonly waits: boolean;
}

export type CaseKind = 'bytes' | 'connect' | 'exchange' | 'session' | 'websocket' | 'http' | 'tls';

/** One connection from its first byte to its end. Nothing but the seed and the number decides what it is. */
export interface FuzzCase {
  readonly number: number;
  readonly kind: CaseKind;
  readonly way: Way;
  readonly steps: readonly Step[];
  /** Whether the client takes what the broker sends, or leaves it lying until its end. */
  readonly reads: boolean;
  readonly ending: 'reset' | 'end' | 'linger';
}

const way = (listener: Way['listener'], isSecure: boolean, isWebSocket = false): Way => ({
  listener,
  isSecure,
  isWebSocket,
});

const mqttWays: readonly (readonly [number, Way])[] = [
  [6, way('tcp', false)],
  [3, way('tls', true)],
  [3, way('wss', true, true)],
  [2, way('any', false)],
  [1, way('any', true)],
  [2, way('any', false, true)],
];
const webSocketWays = [way('wss', true, true), way('any', false, true), way('any', true, true)];
const httpWays = [way('wss', true), way('any', false), way('any', true)];
const rawWays = [way('tls', false), way('two-way', false), way('wss', false), way('any', false), way('tcp', false)];

const step = (bytes: Buffer, waits = false): Step => ({ bytes, waits });

function withMutations(random: Random, options: PacketOptions, rate: number): Buffer {
  const packet = randomPacket(random, options);
  if (!random.chance(rate)) return packet;
  return random.chance(0.15) ? splice(random, packet, randomPacket(random, options)) : mutate(random, packet);
}

/** Packets as writes: one each, several together, or cut where no packet ends. */
function toWrites(random: Random, packets: readonly Buffer[]): Buffer[] {
  switch (random.int(4)) {
    case 0:
      return [join(...packets)];
    case 1:
      return cutUp(random, join(...packets));
    default:
      return [...packets];
  }
}

/** A client that is let in, subscribes, and then sends anything: this reaches sessions, stores and the bridge. */
function sessionSteps(random: Random, options: PacketOptions): Step[] {
  const plain = random.chance(0.5);
  const connect = connectPacket(random, { ...options, manners: 'good', plain });
  const subscribe = random.chance(0.7) ? [subscribePacket(random, { ...options, manners: 'good' })] : [];
  const rate = random.pick([0, 0.05, 0.2, 0.6]);
  const packets = random.many(1, 24, () => withMutations(random, options, rate));
  return [
    step(connect, random.chance(0.8)),
    ...subscribe.map((bytes) => step(bytes, random.chance(0.3))),
    ...toWrites(random, packets).map((bytes) => step(bytes)),
  ];
}

function mqttSteps(random: Random, kind: CaseKind): Step[] {
  const version: Version = random.weighted([
    [1, 3],
    [4, 4],
    [6, 5],
  ]);
  const options: PacketOptions = { version, manners: random.chance(0.4) ? 'bad' : 'good' };
  if (kind === 'exchange') {
    const { connect, packets } = exchangePackets(random);
    return [
      step(connect, random.chance(0.8)),
      ...toWrites(random, packets).map((one) => step(one, random.chance(0.5))),
    ];
  }
  if (kind === 'bytes') return random.many(1, 4, () => step(random.bytes(random.int(200))));
  if (kind === 'connect') {
    const connect = mutate(random, connectPacket(random, options));
    return toWrites(random, [connect, randomPacket(random, options)]).map((bytes) => step(bytes));
  }
  return sessionSteps(random, options);
}

function stepsOf(random: Random, kind: CaseKind, { isWebSocket }: Way): Step[] {
  if (kind === 'tls') return tlsGarbage(random).map((bytes) => step(bytes, random.chance(0.5)));
  if (kind === 'http') return random.many(1, 2, () => step(oddRequest(random), random.chance(0.5)));
  const steps = mqttSteps(random, kind === 'websocket' ? 'session' : kind);
  if (!isWebSocket) return steps;
  const bad = kind === 'websocket' ? 0.3 : 0;
  const framed = steps.flatMap(({ bytes, waits }) => {
    const frames = toFrames(random, bytes, random.chance(bad) ? 'bad' : 'good');
    // mostly one write; now and then several that end where no frame ends
    return random.chance(0.15) ? cutUp(random, frames).map((part) => step(part)) : [step(frames, waits)];
  });
  return [step(upgradeRequest(), true), ...framed];
}

function wayOf(random: Random, kind: CaseKind): Way {
  if (kind === 'tls') return random.pick(rawWays);
  if (kind === 'http') return random.pick(httpWays);
  return kind === 'websocket' ? random.pick(webSocketWays) : random.weighted(mqttWays);
}

/** @param number 0 or more; the same seed and number make the same case. */
export function makeCase(seed: number, number: number): FuzzCase {
  const random = new Random(seed, number);
  const kind = random.weighted<CaseKind>([
    [1, 'bytes'],
    [3, 'connect'],
    [2, 'exchange'],
    [9, 'session'],
    [2, 'websocket'],
    [1, 'http'],
    [2, 'tls'],
  ]);
  const way = wayOf(random, kind);
  return {
    number,
    kind,
    way,
    steps: stepsOf(random, kind, way),
    reads: random.chance(0.9),
    ending: random.pick(['reset', 'end', 'end', 'linger']),
  };
}
