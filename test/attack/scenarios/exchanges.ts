import type { Packet } from 'mqtt-packet';
import type { Attacker } from '../attacker.ts';
import type { Attack, Scenario } from '../scenario.ts';

/** QoS 2 and refused messages. */

const publish = (
  topic: string,
  messageId: number,
  more: Partial<Extract<Packet, { cmd: 'publish' }>> = {},
): Packet => ({
  cmd: 'publish',
  topic,
  payload: 'x',
  qos: 2,
  messageId,
  dup: false,
  retain: false,
  ...more,
});

const perClient = 1_000;

/** Opens exchanges that are never released. */
async function leaveOpen(attack: Attack, index: number): Promise<void> {
  const attacker = await attack.connect({ clientId: `opener-${index}`, isPersistent: true });
  if (attacker === undefined) return;
  for (let from = 0; from < perClient && !attack.signal.aborted; from += 100) {
    const batch = Array.from({ length: 100 }, (_, id) => attacker.encode(publish('open', from + id + 1)));
    await attacker.send(Buffer.concat(batch), batch.length);
    if (!(await attacker.received('pubrec', from + 100))) return;
  }
  attacker.end();
}

async function isDeliveredAgain(attack: Attack, subscriber: Attacker): Promise<string[]> {
  const waiting = await attack.connect({ clientId: 'waits-longest', isPersistent: true });
  if (waiting === undefined) return ['the client that waits was refused when it came back'];
  const before = subscriber.count('publish');
  await waiting.sendPacket(publish('first', 1, { dup: true }));
  await waiting.received('pubrec');
  await waiting.sendPacket({ cmd: 'pubrel', messageId: 1 });
  await waiting.answers();
  await subscriber.answers();
  return subscriber.count('publish') > before ? ['a message at QoS 2 was delivered twice'] : [];
}

const openExchanges: Scenario = {
  name: 'open-qos2',
  title: 'a million open exchanges at QoS 2; the client that waits longest sends its message again',
  memoryMiB: 700,
  seconds: { short: 60, full: 300 },
  async run(attack) {
    const subscriber = await attack.connect({ clientId: 'subscriber' });
    const waiting = await attack.connect({ clientId: 'waits-longest', isPersistent: true });
    if (subscriber === undefined || waiting === undefined) return ['a client was refused'];
    await subscriber.sendPacket({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'first', qos: 0 }] });
    await subscriber.received('suback');
    await waiting.sendPacket(publish('first', 1));
    await waiting.received('pubrec');
    waiting.end();
    const count = attack.amount(1_050, 2);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count && !attack.signal.aborted) await leaveOpen(attack, next++);
    };
    await Promise.all(Array.from({ length: 10 }, work));
    return attack.signal.aborted ? ['the exchanges were not opened in time'] : isDeliveredAgain(attack, subscriber);
  },
};

const refusedTopics: Scenario = {
  name: 'refused-topics',
  title: 'publishes that are refused, with topics of 105 bytes and more below $SYS and $pki',
  isOurs: true,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const faults: string[] = [];
    for (const [prefix, qos, bytes] of ['$SYS/', '$pki/'].flatMap((prefix) =>
      ([1, 2] as const).flatMap((qos) => [20, 105, 127, 200, 1_000].map((bytes) => [prefix, qos, bytes] as const)),
    )) {
      const attacker = await attack.connect({ clientId: 'refused', version: 5 });
      if (attacker === undefined) return [...faults, 'the client was refused'];
      await attacker.sendPacket(publish(prefix.padEnd(bytes, 'x'), 1, { qos }));
      const answer = qos === 1 ? 'puback' : 'pubrec';
      if (!(await attacker.received(answer))) continue; // closed, which is a refusal
      const last = attacker.last(answer);
      const code = last !== undefined && 'reasonCode' in last ? (last.reasonCode ?? 0) : 0;
      if (code < 0x80)
        faults.push(`${prefix} with ${bytes} bytes at QoS ${qos} was answered with 0x${code.toString(16)}`);
      attacker.end();
    }
    return faults;
  },
};

const refusedRetained: Scenario = {
  name: 'refused-retained',
  title: 'retained messages at QoS 2 that are refused, each by another client id',
  isOurs: true,
  config: { store: { type: 'disk', directory: './data', retained: { messages: 50, onFull: 'refuse' } } },
  memoryMiB: 400,
  seconds: { short: 60, full: 90 },
  async run(attack) {
    const count = attack.amount(20_000, 200);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count && !attack.signal.aborted) {
        const number = next++;
        const attacker = await attack.connect({ clientId: `retains-${number}`.padEnd(1_000, 'x'), version: 5 });
        await attacker?.sendPacket(publish(`retained/${number}`, 1, { retain: true }));
        await attacker?.received('pubrec');
        attacker?.end();
      }
    };
    await Promise.all(Array.from({ length: 20 }, work));
    return [];
  },
};

export const exchanges: readonly Scenario[] = [openExchanges, refusedTopics, refusedRetained];
