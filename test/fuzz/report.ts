import type { FuzzReport } from './fuzz.ts';

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** What was done, for a terminal. */
export function formatReport({ campaign, pairs, before, after }: FuzzReport): string {
  const kinds = Object.entries(campaign.byKind).map(([kind, count]) => `${count} ${kind}`);
  return [
    `${campaign.cases} cases (${kinds.join(', ')}), ${mebibytes(campaign.sentBytes)} sent, ${mebibytes(campaign.receivedBytes)} received`,
    `${after.refused} connections refused for what they sent`,
    ...pairs.map(({ name, published, received }) => `pair ${name}: ${published} published, ${received} received`),
    `memory in use ${mebibytes(before.usedBytes)} before, ${mebibytes(after.usedBytes)} after; resident ${mebibytes(before.residentBytes)} and ${mebibytes(after.residentBytes)}`,
  ].join('\n');
}

/** What went wrong, and how to see it again. */
export function formatFailures({ seed, from, campaign, failures }: FuzzReport): string {
  const { suspects, cases } = campaign;
  const again =
    suspects.length > 0
      ? `One of these cases was under way: ${suspects.join(', ')}. Play one again: npm run fuzz -- --seed ${seed} --case ${suspects[0]}`
      : `Play all of them again: npm run fuzz -- --seed ${seed} --from ${from} --cases ${cases}`;
  return [...failures.map((failure) => `FAILED: ${failure}`), again].join('\n');
}

export const toJson = (report: FuzzReport): string => JSON.stringify(report, undefined, 2);
