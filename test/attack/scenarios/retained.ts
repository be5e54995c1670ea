import type { Attack, Scenario } from '../scenario.ts';
import { subscribeInPackets } from './subscribing.ts';

/** Subscriptions that look through all retained messages. */

async function retain(attack: Attack, count: number, topic: (index: number) => string): Promise<readonly string[]> {
  const publisher = await attack.connect({ clientId: 'retainer' });
  if (publisher === undefined) return ['the publisher of retained messages was refused'];
  for (let index = 0; index < count && !attack.signal.aborted; index += 100) {
    const batch = Array.from({ length: Math.min(100, count - index) }, (_, offset) =>
      publisher.encode({
        cmd: 'publish',
        topic: topic(index + offset),
        payload: 'r',
        qos: 0,
        dup: false,
        retain: true,
      }),
    );
    await publisher.send(Buffer.concat(batch), batch.length);
    await publisher.answers();
  }
  return publisher.isClosed && !attack.signal.aborted ? ['the publisher of retained messages was closed'] : [];
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
