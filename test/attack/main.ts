import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { attack } from './attack.ts';
import { parseAttackOptions, usage } from './options.ts';
import { scenarios } from './scenarios/all.ts';
import { formatOutcomes, judge, type Outcome } from './verdict.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`attack: ${text}\n`);

export interface MainDeps {
  /** Makes the program and returns its path; asked only when it is needed. */
  readonly build: () => string;
  /** The built `pair-process.ts`. */
  readonly pairProgram: string;
  /** Machine and versions, for the file of results. */
  readonly environment: () => object;
}

/**
 * The command `npm run attack`.
 * @returns the exit code
 */
export async function main(args: readonly string[], deps: MainDeps): Promise<number> {
  const options = parseAttackOptions(args, scenarios);
  if ('help' in options) {
    print(usage);
    return 0;
  }
  if ('problem' in options) {
    process.stderr.write(`${options.problem}\n${usage}\n`);
    return 2;
  }
  if (options.isList) {
    for (const { name, title } of options.scenarios) print(`${name.padEnd(24)}${title}`);
    return 0;
  }
  const { brokerPort: port, bin, form, minutes, json } = options;
  const done: Outcome[] = [];
  const outcomes = await attack({
    scenarios: options.scenarios,
    form,
    minutes,
    subject: port === undefined ? { bin: bin ?? deps.build() } : { port },
    pairProgram: deps.pairProgram,
    say,
    onOutcome(outcome) {
      done.push(outcome);
      if (json !== undefined) save(json, { ...deps.environment(), form, outcomes: done });
    },
  });
  print(formatOutcomes(outcomes));
  return outcomes.every((outcome) => judge(outcome).length === 0) ? 0 : 1;
}

/** Written after each scenario, so that an interrupted run keeps what it has. */
function save(file: string, result: object): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
}
