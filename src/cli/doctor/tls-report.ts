import type { Expectation } from './tls-checks.ts';
import type { Outcome } from './tls-probe.ts';
import type { TlsKind } from './tls-target.ts';

/** `ok`: as expected; `no`: not; `warning`: not for long, or not wholly; `skipped`: could not be tried, or is not judged. */
export type Verdict = 'ok' | 'no' | 'warning' | 'skipped';

/** One line of the report. */
export interface ReportRow {
  readonly check: string;
  readonly verdict: Verdict;
  readonly expected: Expectation | 'current';
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

/** The revocation lists of a configuration. */
export interface RevocationReport {
  /** Their folder. */
  readonly directory: string;
  readonly mode: string;
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

/** For people: a block for each listener and one for the lists, commands below their checks, and a line that sums up. */
export function reportText(
  reports: readonly TargetReport[],
  revocation: RevocationReport | undefined,
  files: string | undefined,
): string {
  const rows = [...reports, ...(revocation === undefined ? [] : [revocation])].flatMap(({ checks }) => checks);
  const count = (verdict: Verdict): number => rows.filter((row) => row.verdict === verdict).length;
  const [wrong, warnings, tried] = [count('no'), count('warning'), rows.length - count('skipped')];
  const width = Math.max(...rows.map(({ check }) => check.length));
  const sum = wrong === 0 ? `${tried} checks, all as expected` : `${wrong} of ${tried} checks not as expected`;
  const warned = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  const block = (title: string, checks: readonly ReportRow[]): string[] => [
    title,
    ...checks.flatMap((row) => rowText(row, width)),
    '',
  ];
  return [
    ...reports.flatMap(({ listener, url, tls, checks }) => block(`${listener}  ${url}  ${tls}`, checks)),
    ...(revocation === undefined
      ? []
      : block(`revocation lists  ${revocation.directory}  ${revocation.mode}`, revocation.checks)),
    `${sum}${warned}; ${files === undefined ? 'the commands name temporary files, which --keep leaves in place' : `files of the commands: ${files}`}`,
  ].join('\n');
}

const marks = { ok: 'ok', no: 'NO', warning: '!!', skipped: '--' } as const;

function rowText({ check, verdict, expected, outcome, reason, command }: ReportRow, width: number): string[] {
  const instead = verdict === 'no' ? `, expected ${expected}` : '';
  const line = `  ${marks[verdict]}  ${check.padEnd(width)}  ${outcome}${instead}: ${reason}`;
  return command === null ? [line] : [line, `      $ ${command}`];
}
