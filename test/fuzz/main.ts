import { makeCase } from './cases.ts';
import { fuzz } from './fuzz.ts';
import { type FuzzOptions, parseFuzzOptions, usage } from './options.ts';
import { formatFailures, formatReport, toJson } from './report.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function printCases({ seed, from, cases }: FuzzOptions): void {
  for (let number = from; number < from + cases; number++) {
    const { kind, way, steps, reads, ending } = makeCase(seed, number);
    const layers = `${way.isSecure ? ' over TLS' : ''}${way.isWebSocket ? ' over WebSocket' : ''}`;
    print(`case ${number}: ${kind} to ${way.listener}${layers}, ${reads ? 'reads' : 'does not read'}, then ${ending}`);
    for (const { bytes, waits } of steps) print(`  ${bytes.toString('hex')}${waits ? '  (waits)' : ''}`);
  }
}

/**
 * The command `npm run fuzz`.
 * @param build makes the program and returns its path; asked only when it is needed.
 * @returns the exit code
 */
export async function main(args: readonly string[], build: () => string): Promise<number> {
  const options = parseFuzzOptions(args, () => Date.now() % 0x1_0000_0000);
  if ('help' in options) {
    print(usage);
    return 0;
  }
  if ('problem' in options) {
    process.stderr.write(`${options.problem}\n${usage}\n`);
    return 2;
  }
  if (options.print) {
    printCases(options);
    return 0;
  }
  const say = (text: string): void => void process.stderr.write(`fuzz: ${text}\n`);
  say(`seed ${options.seed}, ${options.seconds} s`);
  const report = await fuzz({ ...options, bin: build(), say });
  print(options.json ? toJson(report) : formatReport(report));
  if (report.failures.length === 0) return 0;
  process.stderr.write(`${formatFailures(report)}\n`);
  return 1;
}
