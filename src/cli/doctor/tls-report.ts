import type { Expectation } from './tls-checks.ts';
import type { Outcome } from './tls-probe.ts';
import type { TlsKind } from './tls-target.ts';

/** `ok`: as expected; `no`: not; `skipped`: could not be tried, or is not judged. */
export type Verdict = 'ok' | 'no' | 'skipped';

/** One line of the report. */
export interface ReportRow {
  readonly check: string;
  readonly verdict: Verdict;
  readonly expected: Expectation;
  /** In words. */
  readonly outcome: string;
  readonly reason: string;
  /** What to type to see the same; null where there is nothing to try. */
  readonly command: string | null;
}

export interface TargetReport {
  readonly listener: string;
  readonly url: string;
  readonly tls: TlsKind | 'unknown';
  readonly checks: readonly ReportRow[];
}

export function verdictOf(expected: Expectation, outcome: Outcome): Verdict {
  if (outcome.kind === 'unavailable') return 'skipped';
  if (outcome.kind === 'failed') return 'no';
  if (expected === 'either') return 'ok';
  return outcomeText(outcome) === expected ? 'ok' : 'no';
}

export function outcomeText(outcome: Outcome): string {
  if (outcome.kind === 'refused') return `refused by the ${outcome.by}`;
  return outcome.kind === 'unavailable' ? 'not tried' : outcome.kind;
}

/** For people: a block for each listener, the command below each check, and one line that sums up. */
export function reportText(reports: readonly TargetReport[], files: string | undefined): string {
  const rows = reports.flatMap(({ checks }) => checks);
  const wrong = rows.filter(({ verdict }) => verdict === 'no').length;
  const width = Math.max(...rows.map(({ check }) => check.length));
  const tried = rows.filter(({ verdict }) => verdict !== 'skipped').length;
  const sum = wrong === 0 ? `${tried} checks, all as expected` : `${wrong} of ${tried} checks not as expected`;
  return [
    ...reports.flatMap(({ listener, url, tls, checks }) => [
      `${listener}  ${url}  ${tls}`,
      ...checks.flatMap((row) => rowText(row, width)),
      '',
    ]),
    `${sum}; ${files === undefined ? 'the commands name temporary files, which --keep leaves in place' : `files of the commands: ${files}`}`,
  ].join('\n');
}

const marks = { ok: 'ok', no: 'NO', skipped: '--' } as const;

function rowText({ check, verdict, expected, outcome, reason, command }: ReportRow, width: number): string[] {
  const instead = verdict === 'no' ? `, expected ${expected}` : '';
  const line = `  ${marks[verdict]}  ${check.padEnd(width)}  ${outcome}${instead}: ${reason}`;
  return command === null ? [line] : [line, `      $ ${command}`];
}
