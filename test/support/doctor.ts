import { expect } from 'vitest';
import type { RevocationReport, TargetReport } from '../../src/cli/doctor/tls-report.ts';
import { runCli } from '../../src/cli/run.ts';
import { fakeIo } from './fake-io.ts';

/** What `doctor tls --json` prints. */
export interface DoctorReport {
  readonly ok: boolean;
  readonly files: string | null;
  readonly listeners: readonly TargetReport[];
  readonly revocation: RevocationReport | null;
}

/** Runs `doctor tls` in a folder. */
export async function doctorIn(cwd: string, ...args: string[]) {
  const io = fakeIo({ cwd });
  await runCli(['doctor', 'tls', ...args], io);
  return { out: io.out(), err: io.err(), code: io.exitCode() };
}

export async function doctorJsonIn(cwd: string, ...args: string[]): Promise<{ code: number; report: DoctorReport }> {
  const { out, err, code } = await doctorIn(cwd, '--json', ...args);
  expect(err).toBe('');
  return { code, report: JSON.parse(out) as DoctorReport };
}

/** `check: verdict, outcome` of each row, to compare at a glance. */
export const rowsOf = (report: DoctorReport, listener: string): string[] =>
  report.listeners
    .filter(({ listener: name }) => name === listener)
    .flatMap(({ checks }) => checks.map(({ check, verdict, outcome }) => `${check}: ${verdict}, ${outcome}`));

/** The same of the revocation lists; undefined where there are none to go by. */
export const listRows = ({ revocation }: DoctorReport): string[] | undefined =>
  revocation?.checks.map(({ check, verdict, outcome }) => `${check}: ${verdict}, ${outcome}`);
