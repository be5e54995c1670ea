import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Scenario } from './scenario.ts';

export interface AttackOptions {
  readonly form: 'short' | 'full' | 'long';
  /** How long the long form goes on. */
  readonly minutes: number;
  readonly scenarios: readonly Scenario[];
  /** Port of a broker that runs already; left out: this build, started for each scenario. */
  readonly brokerPort: number | undefined;
  /** A program that is built already. */
  readonly bin: string | undefined;
  /** File that the result is written to as JSON. */
  readonly json: string | undefined;
  readonly isList: boolean;
}

export const usage = `npm run attack -- [options]
Attacks a broker with packets that are legal and many, while a well-behaved publisher and subscriber measure how long
they wait and what they lose. Fails when they wait 250 ms, lose a message or more than a fifth of their rate, or the broker
takes too much memory.
Everything stays on this machine, and each scenario has a deadline.
  --only NAME       this scenario; may be given again, and NAME may end with *
  --short           less of everything, about a minute in all; the default is the full amount, about half an hour
  --long            a million packets of mixed attack against one broker, for 30 minutes
  --minutes N       the same for N minutes, 1 to 600
  --broker H:PORT   attack a broker that runs already, on 127.0.0.1 or localhost, instead of this build
  --bin FILE        attack this built program, and build nothing
  --json FILE       write the result to FILE, too
  --list            list the scenarios
  --help            print this`;

type Parsed = AttackOptions | { readonly problem: string } | { readonly help: true };

function portOf(broker: string | undefined): number | undefined {
  if (broker === undefined) return undefined;
  const [, port] = /^(?:127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})$/.exec(broker) ?? [];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new RangeError(`--broker ${broker}: use 127.0.0.1:PORT; brokers on other machines are not attacked`);
  return Number(port);
}

function choose(all: readonly Scenario[], only: readonly string[]): readonly Scenario[] {
  const matches = (name: string, pattern: string): boolean =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  const unknown = only.find((pattern) => !all.some(({ name }) => matches(name, pattern)));
  if (unknown !== undefined) throw new RangeError(`--only ${unknown}: there is no such scenario; --list names them`);
  return only.length === 0 ? all : all.filter(({ name }) => only.some((pattern) => matches(name, pattern)));
}

/** @param args what follows the script's name. @returns `problem`: what is wrong with them; `help`: only the usage is asked for. */
export function parseAttackOptions(args: readonly string[], all: readonly Scenario[]): Parsed {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { ...text, multiple: true, default: [] },
        broker: text,
        bin: text,
        json: text,
        minutes: text,
        short: flag,
        long: flag,
        list: flag,
        help: flag,
      },
    });
    if (values.help) return { help: true };
    if (values.short && values.long) throw new RangeError('--short and --long: use one of them');
    if (values.bin !== undefined && values.broker !== undefined)
      throw new RangeError('--bin and --broker: use one of them');
    if (values.minutes !== undefined && !values.long) throw new RangeError('--minutes needs --long');
    const minutes = Number(values.minutes ?? '30');
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > 600)
      throw new RangeError(`--minutes ${values.minutes}: use 1 to 600`);
    const brokerPort = portOf(values.broker);
    const chosen = choose(all, values.only);
    const form = values.short ? 'short' : values.long ? 'long' : 'full';
    const isChosen = values.only.length > 0;
    return {
      form,
      minutes,
      scenarios: chosen
        .filter(({ isOurs }) => brokerPort === undefined || isOurs !== true)
        .filter(({ notShort }) => form !== 'short' || isChosen || notShort === undefined),
      brokerPort,
      bin: values.bin === undefined ? undefined : resolve(values.bin),
      json: values.json,
      isList: values.list,
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
