// The command line of npm run bench.
import { parseArgs } from 'node:util';

export const usage = `npm run bench -- [options]
  --row NAME   only this row; may be given again (default: every row but those of storage)
  --storage    the rows of storage
  --quick      one short run of each row instead of three: shows that everything works, measures little
  --against COMMIT  beside an earlier version of Viaduct instead of mosquitto, in seven short interleaved pairs a row; with
               --quick they have no time to warm up
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
    if (values.against !== undefined && (values.storage || stored.length > 0))
      return { problem: '--against measures no rows of storage; leave --storage and their names out' };
    const isChosen = ({ name, scenario }) =>
      values.row.length > 0 ? values.row.includes(name) : (scenario !== undefined) === values.storage;
    const chosen = rows.filter(isChosen);
    if (values.against !== undefined) return { ...values, rows: chosen, runs: pairs, isFull: false };
    return { ...values, rows: chosen, runs: values.quick ? 1 : 3, isFull: !values.quick && values.row.length === 0 };
  } catch (error) {
    return { problem: `${error.message}\n${usage}` };
  }
}
