import { join, u16, variable } from '../../support/packet-bytes.ts';
import type { Scenario } from '../scenario.ts';
import { allClosed, openMany } from './closing.ts';

/** Connections that say nothing, clients that begin a packet and do not end it, and those that come and go. */

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
    const attackers = await openMany(attack, 100, () => attack.open());
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

export const connecting: readonly Scenario[] = [announced, clockBack, connectStorm];
