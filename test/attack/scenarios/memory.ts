import type { Scenario } from '../scenario.ts';

/** What is kept for long names: of topics, filters and clients. */

const long = (index: number, bytes: number): string => `${index.toString(36)}/`.padEnd(bytes, 't');

const topics = (bytes: number): Scenario => ({
  name: `topics-${bytes}`,
  title: `30,000 messages at QoS 0 to distinct topics of ${bytes} bytes`,
  memoryMiB: 500,
  seconds: { short: 60, full: 120 },
  async run(attack) {
    const count = attack.amount(30_000, 1_500);
    let attacker = await attack.connect({ clientId: 'topics' });
    for (let index = 0; index < count && !attack.signal.aborted; index++) {
      const topic = long(index, bytes);
      const packet = { cmd: 'publish', topic, payload: '', qos: 0, dup: false, retain: false } as const;
      const isOpen = await attacker?.sendPacket(packet);
      if (isOpen === true) continue;
      await attack.pause(10);
      attacker = await attack.connect({ clientId: 'topics' }); // refused, and here again
    }
    if (attacker !== undefined && !attacker.isClosed) await attacker.answers();
    return [];
  },
});

const filters = (bytes: number): Scenario => ({
  name: `filters-${bytes}`,
  title: `16,160 filters of ${bytes} bytes of one client`,
  memoryMiB: 500,
  seconds: { short: 60, full: 180 },
  async run(attack) {
    const count = attack.amount(16_160, 500);
    let attacker = await attack.connect({ clientId: 'filters' });
    for (let index = 0; index < count && !attack.signal.aborted; index++) {
      const before = attacker?.count('suback') ?? 0;
      const subscriptions = [{ topic: long(index, bytes), qos: 0 as const }];
      await attacker?.sendPacket({ cmd: 'subscribe', messageId: (index % 65_535) + 1, subscriptions });
      if ((await attacker?.received('suback', before + 1)) === true) continue;
      await attack.pause(10);
      attacker = await attack.connect({ clientId: 'filters' });
    }
    return [];
  },
});

const sessions = (bytes: number): Scenario => ({
  name: `sessions-${bytes}`,
  title: `20,000 sessions with client ids of ${bytes} bytes, nobody connected`,
  memoryMiB: 400,
  seconds: { short: 60, full: 180 },
  async run(attack) {
    const count = attack.amount(20_000, 500);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count && !attack.signal.aborted) {
        const clientId = long(next++, bytes);
        const attacker = await attack.connect({ clientId, isPersistent: true });
        attacker?.end();
      }
    };
    await Promise.all(Array.from({ length: 20 }, work));
    return [];
  },
});

const noReaders: Scenario = {
  name: 'no-readers',
  isAlone: true,
  title: '200 subscribers that do not read, and 16 MB published to them',
  // the budget of buffers; the process has its own needs beside it, and the copies that sockets still hold of closed ones
  config: { limits: { connectTimeout: '2s', memory: '256MiB' } },
  memoryMiB: 700,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const subscribers = await attack.connectAll(200, (index) => ({ clientId: `silent-${index}` }));
    for (const subscriber of subscribers) {
      await subscriber.sendPacket({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'big', qos: 1 }] });
      await subscriber.received('suback');
      subscriber.socket.pause();
    }
    const publisher = await attack.connect({ clientId: 'publisher' });
    if (publisher === undefined) return ['the publisher was refused'];
    const payload = Buffer.alloc(65_536, 1);
    const count = attack.amount(250, 125);
    for (let sent = 1; sent <= count && !attack.signal.aborted; sent++)
      await publisher.sendPacket({
        cmd: 'publish',
        topic: 'big',
        payload,
        qos: 1,
        messageId: sent,
        dup: false,
        retain: false,
      });
    await attack.pause(1_000);
    return [];
  },
};

export const memory: readonly Scenario[] = [
  topics(60_000),
  topics(4_000),
  filters(60_000),
  filters(4_000),
  sessions(15_000),
  sessions(1_000),
  noReaders,
];
