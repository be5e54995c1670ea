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
  const [first = from, last = from + cases - 1] = [suspects[0], suspects.at(-1)];
  const again = `npm run fuzz -- --seed ${seed} --from ${first} --cases ${last - first + 1}`;
  const advice =
    suspects.length === 0
      ? `seed ${seed}, cases ${first} to ${last}; play them again: ${again}`
      : `seed ${seed}, cases ${first} to ${last} were under way; play them again: ${again} --concurrency 1`;
  return [
    ...failures.map((failure) => `FAILED: ${failure}`),
    advice,
    ...(suspects.length > 1 ? [`or one alone: npm run fuzz -- --seed ${seed} --case ${first}`] : []),
  ].join('\n');
}

export const toJson = (report: FuzzReport): string => JSON.stringify(report, undefined, 2);
