import type { Attacker } from '../attacker.ts';
import type { Attack, Scenario } from '../scenario.ts';
import { subscribeInPackets } from './subscribing.ts';

/** Subscriptions that look through all retained messages. */

const publishers = 40;

/** By many clients, as one waits for the store after each message. */
async function retain(attack: Attack, count: number, topic: (index: number) => string): Promise<readonly string[]> {
  const clients = await attack.connectAll(publishers, (index) => ({ clientId: `retainer-${index}` }));
  const shareOf = async (client: Attacker, first: number): Promise<boolean> => {
    for (let index = first; index < count; index += publishers) {
      const message = { cmd: 'publish', topic: topic(index), payload: 'r', qos: 0, dup: false, retain: true } as const;
      if (!(await client.sendPacket(message))) return false;
    }
    await client.sendPacket({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: ['none'] });
    return client.received('unsuback'); // comes when all before it was handled
  };
  const shares = await Promise.all(clients.map(shareOf));
  return shares.length === publishers && shares.every(Boolean) ? [] : ['messages to retain were not taken in time'];
}

const oneScan: Scenario = {
  name: 'retained-scan',
  title: '20,000 subscriptions of one client, then # over 5,000 retained messages',
  memoryMiB: 400,
  seconds: { short: 60, full: 120 },
  async run(attack) {
    const faults = await retain(attack, attack.amount(5_000, 2_000), (index) => `site/${index}/state`);
    const attacker = await attack.connect({ clientId: 'scanner' });
    if (attacker === undefined) return [...faults, 'the client was refused'];
    await subscribeInPackets(attack, attacker, { count: attack.amount(20_000, 5_000), perPacket: 100 });
    const before = attacker.count('suback');
    await attacker.sendPacket({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic: '#', qos: 0 }] });
    await attacker.received('suback', before + 1);
    await attacker.answers();
    return faults;
  },
};

const manyScans: Scenario = {
  name: 'retained-scans',
  title: '20 clients, each with 200 filters +/x over 100,000 retained messages',
  memoryMiB: 500,
  seconds: { short: 60, full: 180 },
  async run(attack) {
    const faults = await retain(attack, attack.amount(100_000, 10_000), (index) => `s${index}/v${index % 7}`);
    const scanners = await attack.connectAll(20, (index) => ({ clientId: `scanner-${index}` }));
    const perClient = attack.amount(200, 50);
    await Promise.all(
      scanners.map((scanner) =>
        subscribeInPackets(attack, scanner, { count: perClient, perPacket: 1, filter: (index) => `+/x${index}` }),
      ),
    );
    return faults;
  },
};

export const retained: readonly Scenario[] = [oneScan, manyScans];
