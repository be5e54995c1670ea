import type { Packet } from 'mqtt-packet';
import type { Attacker } from '../attacker.ts';
import type { Attack, Scenario } from '../scenario.ts';

/** Small packets, as many as a megabyte a second holds for each connection. */

const bytesPerSecond = 1_000_000;
const sliceMs = 50;

export async function flood(
  attack: Attack,
  attackers: readonly Attacker[],
  { packet, seconds }: { readonly packet: Buffer; readonly seconds: number },
): Promise<void> {
  const count = Math.floor((bytesPerSecond * sliceMs) / 1_000 / packet.length);
  const slice = Buffer.concat(Array.from({ length: count }, () => packet));
  const until = performance.now() + seconds * 1_000;
  const one = async (attacker: Attacker): Promise<void> => {
    while (performance.now() < until && !attack.signal.aborted)
      if (!(await attacker.send(slice, count))) return;
      else await attack.pause(sliceMs);
  };
  await Promise.all(attackers.map(one));
}

interface Flood {
  readonly kind: string;
  readonly connections: number;
  readonly packet: Packet;
  readonly what: string;
}

const flooding = ({ kind, connections, packet, what }: Flood): Scenario => ({
  name: `${kind}-${connections}`,
  title: `${what} at 1 MB/s on ${connections === 1 ? 'one connection' : `each of ${connections} connections`}`,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const attackers = await attack.connectAll(connections, (index) => ({ clientId: `flood-${index}`, version: 5 }));
    const [first] = attackers;
    if (first === undefined) return ['all clients were refused'];
    await flood(attack, attackers, { packet: first.encode(packet), seconds: attack.amount(10, 1) });
    return [];
  },
});

const pubrel: Packet = { cmd: 'pubrel', messageId: 7 };
const publish: Packet = { cmd: 'publish', topic: 'f', payload: 'x', qos: 0, dup: false, retain: false };
const qos2: Packet = { cmd: 'publish', topic: 'f', payload: 'x', qos: 2, messageId: 7, dup: true, retain: false };

export const floods: readonly Scenario[] = [
  flooding({ kind: 'pubrel', connections: 1, packet: pubrel, what: 'PUBREL of no exchange' }),
  flooding({ kind: 'pubrel', connections: 20, packet: pubrel, what: 'PUBREL of no exchange' }),
  flooding({ kind: 'pingreq', connections: 20, packet: { cmd: 'pingreq' }, what: 'PINGREQ' }),
  flooding({ kind: 'publish-qos0', connections: 20, packet: publish, what: 'PUBLISH of 6 bytes at QoS 0' }),
  flooding({ kind: 'publish-qos2', connections: 20, packet: qos2, what: 'one PUBLISH at QoS 2 again and again' }),
];
