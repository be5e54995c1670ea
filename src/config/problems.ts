import { ConfigError } from '../kernel/errors.ts';

/** One thing that is wrong with the configuration, and where it was written. */
export interface Problem {
  /** Of values that stand in the file; line and column count from 1. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Of values that do not: `VIADUCT_LOG_LEVEL` or `--set log.level`. */
  readonly from?: string;
  /** `listeners[0].bind`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, which value, what is allowed. Never a secret. */
  readonly message: string;
}

/** `viaduct.yaml:14:11  listeners[0].bind: ...`, `VIADUCT_LOG_LEVEL: ...` or `--set log.level: ...`. */
export function formatProblem(problem: Problem): string {
  const about = problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`;
  if (problem.file !== undefined) {
    const position = problem.line === undefined ? '' : `:${problem.line}:${problem.column ?? 1}`;
    return `${problem.file}${position}  ${about}`;
  }
  return problem.from === undefined ? about : `${problem.from}: ${problem.message}`;
}

/** All problems and what to do next, as printed before the program ends. */
export function formatProblems(problems: readonly Problem[], file: string | undefined): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const again = `config check${file === undefined ? '' : ` ${file}`}`;
  return [...problems.map(formatProblem), `${count}, nothing was started. Try again with: ${again}`].join('\n');
}

/** The file first, from top to bottom, then variables, then flags. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const rank = ({ file, from }: Problem): number => {
    if (file !== undefined) return 0;
    if (from === undefined) return 3;
    return from.startsWith('--') ? 2 : 1;
  };
  return problems.toSorted(
    (a, b) => rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}

export const configError = (problems: readonly Problem[], file: string | undefined): ConfigError =>
  new ConfigError('config-invalid', formatProblems(problems, file), { details: { problems } });
