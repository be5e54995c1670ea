import { runCampaign } from '../../fuzz/campaign.ts';
import type { Scenario } from '../scenario.ts';

/** Broken and random packets, as `npm run fuzz` makes them. */

export const fuzzed: readonly Scenario[] = [
  {
    name: 'fuzz',
    title: 'broken and random packets over tcp, TLS and wss',
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
        signal: AbortSignal.any([signal, AbortSignal.timeout(attack.amount(60_000, 3_000))]),
      });
      traffic.bytes += report.sentBytes;
      traffic.packets += report.cases;
      return report.faults;
    },
  },
];
