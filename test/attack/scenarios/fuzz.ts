import { timeLimit } from '../../../src/kernel/time-limit.ts';
import { runCampaign } from '../../fuzz/campaign.ts';
import type { Scenario } from '../scenario.ts';
import { guarded } from './passwords.ts';

/** Broken and random packets, as `npm run fuzz` makes them. */

const fuzz = (name: string, title: string, more: Pick<Scenario, 'needs'> = {}): Scenario => ({
  name,
  title,
  ...more,
  isAlone: true,
  isOurs: true,
  memoryMiB: 400,
  seconds: { short: 60, full: 90 },
  async run(attack) {
    const { broker, signal, traffic } = attack;
    const report = await runCampaign(broker, {
      seed: 10,
      from: 0,
      cases: attack.amount(100_000, 2_000),
      concurrency: 12,
      isOver: () => broker.death() !== undefined,
      signal: timeLimit(attack.amount(60_000, 3_000), signal),
    });
    traffic.bytes += report.sentBytes;
    traffic.packets += report.cases;
    return report.faults;
  },
});

export const fuzzed: readonly Scenario[] = [
  fuzz('fuzz', 'broken and random packets over tcp, TLS and wss'),
  fuzz('fuzz-guarded', 'the same where passwords are checked and rules say who may do what', { needs: guarded(false) }),
];
