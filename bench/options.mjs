// The command line of npm run bench.
import { parseArgs } from 'node:util';

export const usage = `npm run bench -- [options]
  --row NAME   only this row; may be given again (default: every row but those of storage)
  --storage    the rows of storage
  --quick      one short run of each row instead of three: shows that everything works, measures little
  --against COMMIT  beside an earlier version of Viaduct instead of mosquitto, in seven short interleaved pairs a row; with
               --quick they have no time to warm up
  --rules COUNT  this version without rules of access (before) and with so many (now), in seven pairs a row as well
  --json FILE  write the result there too
  --list       print the names of the rows
  --help       print this`;

/** Fewer agree by chance too often. */
const pairs = 7;

/**
 * @param args what follows the script's name.
 * @param rows the rows there are.
 * @returns what to run, or `problem`: what is wrong with `args`.
 */
export function parseOptions(args, rows) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        row: { type: 'string', multiple: true, default: [] },
        storage: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        against: { type: 'string' },
        rules: { type: 'string' },
        json: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const unknown = values.row.filter((name) => !rows.some((row) => row.name === name));
    if (unknown.length > 0)
      return {
        problem: `no row is named ${unknown.join(' or ')}; there are: ${rows.map(({ name }) => name).join(', ')}`,
      };
    const stored = rows.filter(({ name, scenario }) => scenario !== undefined && values.row.includes(name));
    const isPaired = values.against !== undefined || values.rules !== undefined;
    if (values.against !== undefined && values.rules !== undefined)
      return { problem: '--against and --rules are two comparisons; give one of them' };
    if (values.rules !== undefined && !/^([2-9]|[1-9]\d{1,4})$/.test(values.rules))
      return { problem: `--rules ${values.rules}: give a number from 2 to 99999, e.g. 1000` };
    if (isPaired && (values.storage || stored.length > 0))
      return { problem: '--against and --rules measure no rows of storage; leave --storage and their names out' };
    const isChosen = ({ name, scenario }) =>
      values.row.length > 0 ? values.row.includes(name) : (scenario !== undefined) === values.storage;
    const chosen = rows.filter(isChosen);
    const rules = values.rules === undefined ? undefined : Number(values.rules);
    if (isPaired) return { ...values, rules, rows: chosen, runs: pairs, isFull: false };
    return { ...values, rows: chosen, runs: values.quick ? 1 : 3, isFull: !values.quick && values.row.length === 0 };
  } catch (error) {
    return { problem: `${error.message}\n${usage}` };
  }
}
