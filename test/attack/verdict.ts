import type { PairReport } from './pair.ts';

/** What a scenario must not reach. */
export const maxWaitMs = 250;

/** What one scenario did. Times in milliseconds. */
export interface Outcome {
  readonly name: string;
  readonly title: string;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly seconds: number;
  readonly pair: PairReport;
  readonly peakBytes: number | undefined;
  readonly maxPeakBytes: number;
  readonly cpuSeconds: number | undefined;
  /** What the broker did wrong besides delays, losses and memory. */
  readonly faults: readonly string[];
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;

/** What is wrong with an outcome, in sentences; empty when the broker held. */
export function judge({ pair, peakBytes, maxPeakBytes, faults }: Outcome): string[] {
  const problems = [...faults, ...pair.faults];
  // what this machine did to the broker is no fault of the broker
  if (pair.worstNetMs >= maxWaitMs)
    problems.push(`others waited ${Math.round(pair.worstNetMs)} ms; the limit is ${maxWaitMs} ms`);
  if (pair.lost > 0) problems.push(`${pair.lost} of ${pair.sent} messages of others were lost`);
  if (pair.sent === 0) problems.push('the pair sent nothing, so that nothing was measured');
  if (peakBytes !== undefined && peakBytes > maxPeakBytes)
    problems.push(`the process took ${mebibytes(peakBytes)} of memory; the limit is ${mebibytes(maxPeakBytes)}`);
  return problems;
}

/** Whether others waited too long, and nothing else is wrong. */
export const isOnlySlow = (outcome: Outcome): boolean =>
  outcome.pair.worstNetMs >= maxWaitMs && judge({ ...outcome, pair: { ...outcome.pair, worstNetMs: 0 } }).length === 0;

const columns = ['scenario', 'sent', 'worst wait', 'net', 'lost', 'peak', 'limit', 'CPU', 'verdict'] as const;

const seconds = (value: number | undefined): string => (value === undefined ? '?' : `${value.toFixed(1)} s`);

function rowOf(outcome: Outcome): string[] {
  const { name, sentBytes, pair, peakBytes, maxPeakBytes, cpuSeconds } = outcome;
  return [
    name,
    `${(sentBytes / 1_048_576).toFixed(1)} MiB`,
    `${Math.round(pair.worstMs)} ms`,
    `${Math.round(pair.worstNetMs)} ms`,
    String(pair.lost),
    peakBytes === undefined ? '?' : mebibytes(peakBytes),
    mebibytes(maxPeakBytes),
    seconds(cpuSeconds),
    judge(outcome).length === 0 ? 'held' : 'FAILED',
  ];
}

/** A table for a terminal, and below it what failed. */
export function formatOutcomes(outcomes: readonly Outcome[]): string {
  const rows = [[...columns], ...outcomes.map(rowOf)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  const failures = outcomes.flatMap((outcome) => judge(outcome).map((problem) => `FAILED ${outcome.name}: ${problem}`));
  return [
    ...lines,
    '',
    'net: the wait without the time in which the broker or the pair was ready to run and had no processor; it is what counts',
    ...failures,
  ].join('\n');
}
