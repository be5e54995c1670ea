import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import type { RevocationReport, TargetReport } from '../../src/cli/doctor/tls-report.ts';
import { runCli } from '../../src/cli/run.ts';
import { startBroker, type TestBroker } from './broker.ts';
import { fakeIo } from './fake-io.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** What `doctor tls --json` prints. */
export interface DoctorReport {
  readonly ok: boolean;
  readonly files: string | null;
  readonly listeners: readonly TargetReport[];
  readonly revocation: RevocationReport | null;
}

/** A broker with these listeners, and a configuration that names the ports which they have. */
export interface DoctoredBroker extends AsyncDisposable {
  readonly broker: TestBroker;
  /** A folder of the test. */
  readonly path: string;
  readonly config: string;
}

export async function startDoctored(listeners: readonly { readonly name: string }[]): Promise<DoctoredBroker> {
  const directory = await temporaryDirectory();
  const broker = await startBroker({ listeners: listeners.map((one) => ({ ...one, bind: '127.0.0.1:0' })) });
  const config = join(directory.path, 'viaduct.yaml');
  const bound = listeners.map((one) => ({ ...one, bind: `127.0.0.1:${broker.port(one.name)}` }));
  await writeFile(config, stringify({ listeners: bound, certificates: { directory: broker.certificates } }));
  return {
    broker,
    path: directory.path,
    config,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
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
