import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { LoadedConfig } from '../../config/compose.ts';
import { configFileOf, requireConfig } from '../../config/load.ts';
import { formatPath, ownValue, startsWith } from '../../config/path.ts';
import { printed } from '../../config/redact.ts';
import { judgeConfig, judgedLeaves } from '../../config/security/judge.ts';
import { addConfigOptions, type ConfigOptions, loadInputOf } from '../config-options.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { certificateRows } from './security-certificates.ts';
import { judgedFiles } from './security-files.ts';
import { modeRow } from './security-modes.ts';
import { passwordRows } from './security-passwords.ts';
import { securityReportText } from './security-report.ts';
import { type SecurityRow, verdictOfGrade } from './security-row.ts';

interface Options extends ConfigOptions {
  readonly verbose?: true;
  readonly json?: true;
}

/** `doctor security`: names every way in which a configuration is laxer than it might be; exit code 1 where one is grave. */
export function addDoctorSecurityCommand(parent: Command, io: Io): void {
  const command = parent
    .command('security')
    .description(
      'judge a configuration and the files that it names, starting nothing: every relaxation, what it gives away, what to write',
    );
  addConfigOptions(command)
    .option('-v, --verbose', 'show every setting and file that was looked at, and not only those that are relaxed')
    .option('--json', 'print one JSON object')
    .action((options: Options) => judge(io, options));
}

async function judge(io: Io, options: Options): Promise<void> {
  const input = loadInputOf(options, io);
  const loaded = await requireConfig(input);
  const file = configFileOf(input);
  const rows = [...settingRows(loaded), ...(await fileRows(loaded, file, io))].toSorted(
    (a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict),
  );
  const isOk = rows.every(({ verdict }) => verdict !== 'no');
  if (!isOk) io.setExitCode(1);
  if (options.json === true) printJson(io.stdout, { ok: isOk, file: file ?? null, checks: rows });
  else printLine(io.stdout, securityReportText(file ?? 'no file, defaults', rows, options.verbose === true));
}

const order: readonly SecurityRow['verdict'][] = ['no', 'warning', 'note', 'ok'];

function settingRows(loaded: LoadedConfig): SecurityRow[] {
  const { value, locate } = loaded;
  const findings = judgeConfig(loaded);
  const leaves = judgedLeaves(loaded);
  const relaxed = findings.map(({ path, grade, meaning, advice }): SecurityRow => {
    const near = loaded.leaves.filter((leaf) => startsWith(leaf.path, path) || startsWith(path, leaf.path));
    const written = path.reduce(ownValue, value);
    const { file, line, column, from } = locate({ path, message: meaning });
    const place = file === undefined ? null : `${file}:${line ?? 1}:${column ?? 1}`;
    return {
      check: formatPath(path),
      verdict: verdictOfGrade[grade],
      outcome: outcomeOf(
        written ?? near[0]?.value,
        near.some(({ isSecret }) => isSecret),
      ),
      reason: meaning,
      advice,
      place: from ?? (written === undefined ? null : place),
    };
  });
  const good = leaves
    .filter((leaf) => !findings.some(({ path }) => startsWith(leaf.path, path) || startsWith(path, leaf.path)))
    .map(
      (leaf): SecurityRow => ({
        check: formatPath(leaf.path),
        verdict: 'ok',
        outcome: outcomeOf(leaf.value, leaf.isSecret),
        reason: 'not relaxed',
        advice: null,
        place: null,
      }),
    );
  return [...relaxed, ...good];
}

/** A value in a few words. */
function outcomeOf(value: unknown, isSecret: boolean): string {
  const text = printed(value, isSecret);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

async function fileRows({ config }: LoadedConfig, file: string | undefined, io: Io): Promise<SecurityRow[]> {
  const files = judgedFiles(config, file).map((one) => ({ ...one, path: resolve(io.cwd, one.path) }));
  const modes = await Promise.all(files.map(modeRow));
  return [
    ...modes.filter((row) => row !== undefined),
    ...(await passwordRows(config.access)),
    ...(await certificateRows(config, io.clock.now())),
  ];
}
