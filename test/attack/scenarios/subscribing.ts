import type { Attacker } from '../attacker.ts';
import type { Attack, Scenario } from '../scenario.ts';

/** Many filters in few packets, for one client. */

const filters = (count: number, filter: (index: number) => string, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ topic: filter(from + index), qos: 1 as const }));

const short = (index: number): string => `a${index.toString(36)}/b`;

/** A refusal by closing is an answer; silence is not. */
const answered = (what: string, isAnswered: boolean, attacker: Attacker, { signal }: Attack): string[] =>
  isAnswered || (attacker.isClosed && !signal.aborted) ? [] : [`${what} was not answered in time`];

export async function subscribeInPackets(
  attack: Attack,
  attacker: Attacker,
  { count, perPacket, filter = short }: { count: number; perPacket: number; filter?: (index: number) => string },
): Promise<boolean> {
  const packets = Math.ceil(count / perPacket);
  for (let index = 0; index < packets && !attack.signal.aborted; index++) {
    const subscriptions = filters(Math.min(perPacket, count - index * perPacket), filter, index * perPacket);
    await attacker.sendPacket({ cmd: 'subscribe', messageId: (index % 65_535) + 1, subscriptions });
    // a client that waits for some of its answers, as any client does
    if (index >= 16 && !(await attacker.received('suback', index - 15))) return false;
  }
  return attacker.received('suback', packets);
}

const onePacket = (count: number): Scenario => ({
  name: `subscribe-${count}`,
  title: `one SUBSCRIBE with ${count} filters, persistent session`,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const attacker = await attack.connect({ clientId: 'subscriber', isPersistent: true });
    if (attacker === undefined) return ['the client was refused'];
    await attacker.sendPacket({ cmd: 'subscribe', messageId: 1, subscriptions: filters(count, short) });
    return answered('the SUBSCRIBE', await attacker.received('suback'), attacker, attack);
  },
});

const manyPackets = (count: number): Scenario => ({
  name: `subscriptions-${count}`,
  title: `${count} subscriptions of one client, 100 a packet, persistent session`,
  memoryMiB: 400,
  seconds: { short: 60, full: 120 },
  async run(attack) {
    const attacker = await attack.connect({ clientId: 'subscriber', isPersistent: true });
    if (attacker === undefined) return ['the client was refused'];
    const isDone = await subscribeInPackets(attack, attacker, { count, perPacket: 100 });
    return answered(`a SUBSCRIBE of ${count / 100}`, isDone, attacker, attack);
  },
});

const unsubscribe: Scenario = {
  name: 'unsubscribe-120000',
  title: 'one UNSUBSCRIBE of 840 KB with 120,000 filters, by a client with 1,000 subscriptions',
  memoryMiB: 400,
  seconds: { short: 60, full: 90 },
  async run(attack) {
    const attacker = await attack.connect({ clientId: 'subscriber', isPersistent: true });
    if (attacker === undefined) return ['the client was refused'];
    await subscribeInPackets(attack, attacker, { count: 1_000, perPacket: 100 });
    const unsubscriptions = Array.from({ length: 120_000 }, (_, index) => index.toString(36).padStart(5, '0'));
    await attacker.sendPacket({ cmd: 'unsubscribe', messageId: 9, unsubscriptions });
    return answered('the UNSUBSCRIBE', await attacker.received('unsuback'), attacker, attack);
  },
};

/** `+` or a name in each of 14 levels: all of them match one topic. */
const levels = Array.from({ length: 14 }, (_, level) => `l${level}`);
const overlappingFilter = (index: number): string =>
  levels.map((name, level) => ((index >> level) & 1 ? '+' : name)).join('/');

const overlapping: Scenario = {
  name: 'overlapping-filters',
  title: '16,384 filters of one client that all match one topic, and 200 messages there',
  memoryMiB: 400,
  seconds: { short: 60, full: 120 },
  async run(attack) {
    const count = attack.amount(16_384, 4_096);
    const attacker = await attack.connect({ clientId: 'overlapping' });
    const publisher = await attack.connect({ clientId: 'publisher' });
    if (attacker === undefined || publisher === undefined) return ['a client was refused'];
    await subscribeInPackets(attack, attacker, { count, perPacket: 100, filter: overlappingFilter });
    const message = publisher.encode({
      cmd: 'publish',
      topic: levels.join('/'),
      payload: 'x',
      qos: 0,
      dup: false,
      retain: false,
    });
    for (let sent = 0; sent < 200; sent++) await publisher.send(message);
    return answered('a PINGREQ after the messages', await publisher.answers(), publisher, attack);
  },
};

export const subscribing: readonly Scenario[] = [
  onePacket(1_000),
  onePacket(6_000),
  unsubscribe,
  manyPackets(10_000),
  manyPackets(50_000),
  overlapping,
];
