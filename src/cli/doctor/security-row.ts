import type { Grade } from '../../config/security/security-finding.ts';
import type { ReportVerdict } from './report-words.ts';

/** One line of the report: a setting or a file. */
export interface SecurityRow {
  /** Path of the setting, or of the file. */
  readonly check: string;
  readonly verdict: Exclude<ReportVerdict, 'skipped'>;
  /** What it is. */
  readonly outcome: string;
  /** What that gives away; of `ok`, that it gives nothing away. */
  readonly reason: string;
  /** What to do; null where there is nothing to do. */
  readonly advice: string | null;
  /** Where it was written: `broker.yaml:4:12`, `VIADUCT_LOG_LEVEL`, `--set log.level`; null for files and what is left out. */
  readonly place: string | null;
}

export const verdictOfGrade: Readonly<Record<Grade, SecurityRow['verdict']>> = {
  grave: 'no',
  warning: 'warning',
  note: 'note',
};
