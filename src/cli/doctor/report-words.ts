/** `ok`: as expected; `no`: not; `warning`: not for long, or not wholly; `note`: worth knowing; `skipped`: could not be tried, or is not judged. */
export type ReportVerdict = 'ok' | 'no' | 'warning' | 'note' | 'skipped';

interface Judged {
  readonly verdict: ReportVerdict;
}

/** What a row begins with. */
export const marks: Readonly<Record<ReportVerdict, string>> = {
  ok: 'ok',
  no: 'NO',
  warning: '!!',
  note: 'i ',
  skipped: '--',
};

export const rowsWith = (rows: readonly Judged[], verdict: ReportVerdict): number =>
  rows.filter((row) => row.verdict === verdict).length;

/** Rows in a few words: `7 ok, 1 NO, 2 !!, 1 not tried`. */
export function tallyText(rows: readonly Judged[]): string {
  const parts = [
    [rowsWith(rows, 'ok'), 'ok'],
    [rowsWith(rows, 'no'), 'NO'],
    [rowsWith(rows, 'warning'), '!!'],
    [rowsWith(rows, 'note'), 'i'],
    [rowsWith(rows, 'skipped'), 'not tried'],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(', ');
}

/** `1 warning`, `2 warnings`. */
export const counted = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
