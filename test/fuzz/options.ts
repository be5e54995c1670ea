import { parseArgs } from 'node:util';

export interface FuzzOptions {
  /** 0 to 4,294,967,295; decides every case. */
  readonly seed: number;
  /** How long cases are played. */
  readonly seconds: number;
  /** Number of the first case. */
  readonly from: number;
  /** How many cases at most. */
  readonly cases: number;
  /** Cases at one time. */
  readonly concurrency: number;
  readonly hotPath: 'on' | 'off';
  readonly store: 'disk' | 'memory';
  readonly access: 'open' | 'guarded';
  readonly json: boolean;
  /** Print the bytes of the cases instead of playing them. */
  readonly print: boolean;
}

export const usage = `npm run fuzz -- [options]
Sends broken and random packets to a broker over tcp, TLS and wss while well-behaved clients exchange numbered
messages. Fails when the broker crashes, loses or repeats a message, keeps a connection, or does not give memory back.
  --seed N         decides every case, 0 to 4294967295 (default: another one each time; it is printed)
  --seconds N      how long to go on, 1 to 86400 (default: 60)
  --cases N        stop after so many cases
  --case M         play this case alone; it is named by the message of a failure
  --from M         begin with this case
  --concurrency N  cases at one time, 1 to 256 (default: 16)
  --hot-path off   run the broker with plane.hotPath: off (default: on)
  --store memory   run the broker on the store in memory (default: disk)
  --access guarded run the broker with passwords and rules (default: open)
  --print          print the bytes of the cases instead of playing them; needs --case or --cases
  --json           print the result as JSON
  --help           print this`;

function whole(text: string, name: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new RangeError(`--${name} ${text}: use ${least} to ${most}`);
}

function oneOf<T extends string>(text: string, name: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw new RangeError(`--${name} ${text}: use ${choices.join(' or ')}`);
  return choice;
}

const maxCases = 2 ** 31;

/** @param args what follows the script's name. @returns `problem`: what is wrong with them; `help`: only the usage is asked for. */
export function parseFuzzOptions(
  args: readonly string[],
  newSeed: () => number,
): FuzzOptions | { readonly problem: string } | { readonly help: true } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: text,
        seconds: { ...text, default: '60' },
        cases: text,
        case: text,
        from: text,
        concurrency: { ...text, default: '16' },
        'hot-path': { ...text, default: 'on' },
        store: { ...text, default: 'disk' },
        access: { ...text, default: 'open' },
        print: flag,
        json: flag,
        help: flag,
      },
    });
    if (values.help) return { help: true };
    if (values.print && values.case === undefined && values.cases === undefined)
      throw new RangeError('--print needs --case or --cases');
    const only = values.case === undefined ? undefined : whole(values.case, 'case', 0, maxCases);
    return {
      seed: values.seed === undefined ? newSeed() : whole(values.seed, 'seed', 0, 0xffff_ffff),
      seconds: whole(values.seconds, 'seconds', 1, 86_400),
      from: only ?? (values.from === undefined ? 0 : whole(values.from, 'from', 0, maxCases)),
      cases: only === undefined ? whole(values.cases ?? String(maxCases), 'cases', 1, maxCases) : 1,
      concurrency: whole(values.concurrency, 'concurrency', 1, 256),
      hotPath: oneOf(values['hot-path'], 'hot-path', ['on', 'off']),
      store: oneOf(values.store, 'store', ['disk', 'memory']),
      access: oneOf(values.access, 'access', ['open', 'guarded']),
      print: values.print,
      json: values.json,
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
