import { counted, marks, type ReportVerdict, rowsWith, tallyText } from './report-words.ts';
import type { ProbeOutcome } from './tls-probe.ts';
import type { TlsKind } from './tls-target.ts';

/** What should happen; `either` is shown and not judged. */
export type Expectation = 'accepted' | 'refused by the client' | 'refused by the server' | 'either';

export type RowVerdict = Exclude<ReportVerdict, 'note'>;

/** One line of the report. */
export interface ReportRow {
  readonly check: string;
  readonly verdict: RowVerdict;
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

export function verdictOf(expected: Expectation, outcome: ProbeOutcome): RowVerdict {
  if (outcome.kind === 'unavailable') return 'skipped';
  if (outcome.kind === 'failed') return 'no';
  if (expected === 'either') return 'ok';
  return outcomeText(outcome) === expected ? 'ok' : 'no';
}

export function outcomeText(outcome: ProbeOutcome): string {
  if (outcome.kind === 'refused') return `refused by the ${outcome.by}`;
  return outcome.kind === 'unavailable' ? 'not tried' : outcome.kind;
}

export interface ReportStyle {
  /** Every check with its command; else those that say something, and how many were as expected. */
  readonly isVerbose: boolean;
}

/** For people: a block for each listener and one for the lists, commands below their checks, and a line that sums up. */
export function tlsReportText(
  reports: readonly TargetReport[],
  revocation: RevocationReport | undefined,
  { isVerbose }: ReportStyle,
): string {
  const rows = [...reports, ...(revocation === undefined ? [] : [revocation])].flatMap(({ checks }) => checks);
  const isShown = ({ verdict }: ReportRow): boolean => isVerbose || verdict === 'no' || verdict === 'warning';
  const shown = rows.filter(isShown);
  const width = Math.max(0, ...shown.map(({ check }) => check.length));
  const block = (title: string, checks: readonly ReportRow[]): string[] => [
    isVerbose ? title : `${title}  ${tallyText(checks)}`,
    ...checks.filter(isShown).flatMap((row) => rowText(row, width)),
    ...(isVerbose ? [''] : []),
  ];
  return [
    ...reports.flatMap(({ listener, url, tls, checks }) => block(`${listener}  ${url}  ${tls}`, checks)),
    ...(revocation === undefined
      ? []
      : block(`revocation lists  ${revocation.directory}  ${revocation.mode}`, revocation.checks)),
    isVerbose ? sumOf(rows) : `${sumOf(rows)}; -v shows each`,
  ].join('\n');
}

function sumOf(rows: readonly ReportRow[]): string {
  const [wrong, warnings, tried] = [
    rowsWith(rows, 'no'),
    rowsWith(rows, 'warning'),
    rows.length - rowsWith(rows, 'skipped'),
  ];
  const sum = wrong === 0 ? `${tried} checks, all as expected` : `${wrong} of ${tried} checks not as expected`;
  return warnings === 0 ? sum : `${sum}, ${counted(warnings, 'warning')}`;
}

function rowText({ check, verdict, expected, outcome, reason, command }: ReportRow, width: number): string[] {
  const instead = verdict === 'no' ? `, expected ${expected}` : '';
  const line = `  ${marks[verdict]}  ${check.padEnd(width)}  ${outcome}${instead}: ${reason}`;
  return command === null ? [line] : [line, `      $ ${command}`];
}
