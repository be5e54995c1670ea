import type { PairReport } from './pair.ts';

/** What a scenario must not reach. */
export const maxWaitMs = 250;
/** Share of the pair's messages that has to arrive in the time of the attack. */
export const leastRate = 0.8;

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

const rateOf = ({ sent, arrived }: PairReport): number => (sent === 0 ? 0 : arrived / sent);

/** Rounded down, so that what is too little never looks like enough. */
const percent = (share: number): string => `${Math.floor(share * 100)} %`;

/** What is wrong with an outcome, in sentences; empty when the broker held. */
export function judge({ pair, peakBytes, maxPeakBytes, faults }: Outcome): string[] {
  const problems = [...faults, ...pair.faults];
  // what this machine did to the broker is no fault of the broker
  if (pair.worstNetMs >= maxWaitMs)
    problems.push(`others waited ${Math.round(pair.worstNetMs)} ms; the limit is ${maxWaitMs} ms`);
  if (pair.sent > 0 && rateOf(pair) < leastRate)
    problems.push(`others kept ${percent(rateOf(pair))} of their rate; the limit is ${percent(leastRate)}`);
  if (pair.lost > 0) problems.push(`${pair.lost} of ${pair.sent} messages of others were lost`);
  if (pair.sent === 0) problems.push('the pair sent nothing, so that nothing was measured');
  if (peakBytes !== undefined && peakBytes > maxPeakBytes)
    problems.push(`the process took ${mebibytes(peakBytes)} of memory; the limit is ${mebibytes(maxPeakBytes)}`);
  return problems;
}

/** Whether others waited too long or came too slowly, and nothing else is wrong. */
export function isOnlySlow(outcome: Outcome): boolean {
  const pair = { ...outcome.pair, worstNetMs: 0, arrived: outcome.pair.sent };
  return judge(outcome).length > 0 && judge({ ...outcome, pair }).length === 0;
}

const columns = ['scenario', 'sent', 'worst wait', 'net', 'rate', 'lost', 'peak', 'limit', 'CPU', 'verdict'] as const;

const seconds = (value: number | undefined): string => (value === undefined ? '?' : `${value.toFixed(1)} s`);

function rowOf(outcome: Outcome): string[] {
  const { name, sentBytes, pair, peakBytes, maxPeakBytes, cpuSeconds } = outcome;
  return [
    name,
    `${(sentBytes / 1_048_576).toFixed(1)} MiB`,
    `${Math.round(pair.worstMs)} ms`,
    `${Math.round(pair.worstNetMs)} ms`,
    percent(rateOf(pair)),
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
    'rate: the messages of the pair that arrived in the time of the attack, of those that were due in it',
    ...failures,
  ].join('\n');
}
