import { generate } from 'mqtt-packet';
import { join, u16, variable } from '../../support/packet-bytes.ts';
import type { RawAttacker } from '../attacker.ts';
import { connectPacket } from '../attacker.ts';
import type { Attack, Scenario } from '../scenario.ts';

/** Connections that never become clients, and clients that begin a packet and do not end it. */

async function openMany(attack: Attack, count: number): Promise<RawAttacker[]> {
  const opened: RawAttacker[] = [];
  for (let index = 0; index < count && !attack.signal.aborted; index += 50) {
    const some = await Promise.all(Array.from({ length: Math.min(50, count - index) }, () => attack.open()));
    opened.push(...some.filter((attacker) => attacker !== undefined));
  }
  return opened;
}

/** Whether all of them are closed before the attack's time is up. */
async function allClosed(attack: Attack, attackers: readonly RawAttacker[], what: string): Promise<string[]> {
  const isClosed = (): boolean => attackers.every((attacker) => attacker.isClosed);
  for (const { socket } of attackers) socket.resume(); // or the end would never be seen
  while (!isClosed() && !attack.signal.aborted) await attack.pause(100);
  return attack.signal.aborted ? [`${what} were not closed in time`] : [];
}

/** The first 60 bytes of a ClientHello that says it is 512 bytes long. */
const beginningOfHello = Buffer.from(`16030102000100 01fc0303${'5a'.repeat(49)}`.replaceAll(' ', ''), 'hex');

const halfOpen: Scenario = {
  name: 'half-open-handshakes',
  title: '2,000 connections to the TLS port that stop in the middle of their ClientHello',
  isOurs: true,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const count = attack.amount(2_000, 500);
    const opened: RawAttacker[] = [];
    for (let index = 0; index < count && !attack.signal.aborted; index++) {
      const attacker = await attack.openPlain('tls');
      if (attacker === undefined) continue;
      opened.push(attacker);
      await attacker.send(beginningOfHello, 0);
    }
    await attack.pause(attack.amount(8_000, 1_500));
    return [];
  },
};

const slowConnect: Scenario = {
  name: 'byte-at-a-time',
  title: '500 CONNECTs, one byte at a time, never complete',
  isOurs: true,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const connect = generate(connectPacket({ clientId: 'slow'.repeat(100) }));
    const attackers = await openMany(attack, attack.amount(500, 200));
    const until = performance.now() + 2_500;
    for (let index = 0; index < connect.length - 1 && performance.now() < until; index++) {
      await Promise.all(attackers.map((attacker) => attacker.send(connect.subarray(index, index + 1), 0)));
      await attack.pause(100);
    }
    return allClosed(attack, attackers, 'connections without a complete CONNECT');
  },
};

const announced: Scenario = {
  name: 'announced-packets',
  title: '300 clients that announce a packet of 1 MiB and one of 256 MiB, and send 1 KB of it',
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const attackers = await attack.connectAll(attack.amount(300, 100), (index) => ({ clientId: `announcer-${index}` }));
    const beginning = (bytes: number): Buffer =>
      join(0x30, variable(bytes), u16(1), Buffer.from('a'), Buffer.alloc(1_000));
    await Promise.all(
      attackers.map((attacker, index) => attacker.send(beginning(index % 2 === 0 ? 1_048_000 : 268_435_455), 0)),
    );
    await attack.pause(attack.amount(5_000, 1_000));
    return [];
  },
};

const clockBack: Scenario = {
  name: 'clock-back',
  isMixed: false,
  title: '100 connections that say nothing while the wall clock goes back by an hour',
  isOurs: true,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const { pid } = attack.broker;
    const attackers = await openMany(attack, 100);
    if (pid !== undefined) process.kill(pid, 'SIGUSR2');
    return allClosed(attack, attackers, 'half-open connections after the clock went back');
  },
};

const connectStorm: Scenario = {
  name: 'connect-storm',
  title: 'connections that come, CONNECT and go, 20 at one time',
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const until = performance.now() + attack.amount(20_000, 2_000);
    const work = async (_: unknown, index: number): Promise<void> => {
      for (let round = 0; performance.now() < until && !attack.signal.aborted; round++)
        (await attack.connect({ clientId: `storm-${index}-${round}` }))?.end();
    };
    await Promise.all(Array.from({ length: 20 }, work));
    return [];
  },
};

export const connecting: readonly Scenario[] = [halfOpen, slowConnect, announced, clockBack, connectStorm];
