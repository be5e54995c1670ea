import { counted, marks, rowsWith, tallyText } from './report-words.ts';
import type { SecurityRow } from './security-row.ts';

/** For people: the worst first, what to do below each, and a line that sums up. */
export function securityReportText(title: string, rows: readonly SecurityRow[], isVerbose: boolean): string {
  const shown = isVerbose ? rows : rows.filter(({ verdict }) => verdict !== 'ok');
  const width = Math.max(0, ...shown.map(({ check }) => check.length));
  return [
    `${title}  ${isVerbose || shown.length > 0 ? tallyText(shown) : 'ok'}`,
    ...shown.flatMap((row) => rowLines(row, width)),
    isVerbose
      ? `${sumOf(rows)}, of ${rows.length} settings and files`
      : `${sumOf(rows)}; -v shows all that was looked at`,
  ].join('\n');
}

function rowLines({ check, verdict, outcome, reason, advice, place }: SecurityRow, width: number): string[] {
  const line = `  ${marks[verdict]}  ${check.padEnd(width)}  ${outcome}: ${reason}`;
  const where = place === null ? '' : ` (${place})`;
  return advice === null ? [line] : [line, `      > ${advice}${where}`];
}

function sumOf(rows: readonly SecurityRow[]): string {
  const [grave, warnings, notes] = [rowsWith(rows, 'no'), rowsWith(rows, 'warning'), rowsWith(rows, 'note')];
  if (grave + warnings + notes === 0) return 'nothing is relaxed';
  return `${grave} grave, ${counted(warnings, 'warning')}, ${counted(notes, 'note')}`;
}
