// One row: the brokers take turns, each run with a broker just started.
import { join } from 'node:path';
import { brokersOf, startBroker } from './brokers.mjs';
import { loadArguments, loadTimeoutMs } from './load.mjs';
import { runLoad } from './process.mjs';
import { faultsOf, formatValue, rowResult } from './report.mjs';
import { modes } from './rows.mjs';

/** One broker, started and stopped for it. */
export async function measureOnce(row, name, { app, directory, program, plan, rules }) {
  const broker = await startBroker(name, { app, directory, row, rules });
  try {
    const target = { ports: broker.ports, pids: broker.pids, certificates: join(directory, 'certs') };
    return await runLoad(program, loadArguments(row, target, plan), loadTimeoutMs(row, plan));
  } catch (error) {
    throw new Error(`${error.message}\n${broker.complaints()}`, { cause: error });
  } finally {
    await broker.stop();
  }
}

/** What one run showed, for the eyes of who waits. */
function progress(sample, row) {
  const { unit, read } = modes[row.load.mode];
  const rate = sample.msgs_per_s ?? sample.conns_per_s;
  const busy =
    sample.mode === 'idle'
      ? ''
      : `, broker ${Math.round(sample.cpu_util * 100)}%, generator ${Math.round(sample.gen_util * 100)}%`;
  return `${formatValue(read(sample))} ${unit}${rate === undefined ? '' : `, ${rate}/s`}${busy}`;
}

/**
 * Runs a row on every broker, `runs` times each, interleaved.
 * @param setting `app`, `directory` (with `certs`), `program` (mqload), `plan` (full or quick), `runs`.
 * @param say takes a line of progress.
 */
export async function measureRow(row, setting, say) {
  const brokers = brokersOf(row);
  const samples = Object.fromEntries(brokers.map((name) => [name, []]));
  const faults = [];
  for (let run = 1; run <= setting.runs; run++)
    for (const broker of brokers) {
      const where = `${row.name}, ${broker}, run ${run}`;
      const fault = (text) => {
        faults.push({ broker, run, text });
        say(`${where}: ${text}`);
      };
      try {
        const sample = await measureOnce(row, broker, setting);
        const problems = faultsOf(sample, row, broker);
        problems.forEach(fault);
        if (!problems.includes('nothing was measured')) samples[broker].push(sample);
        say(`${where}: ${progress(sample, row)}`);
      } catch (error) {
        fault(error.message);
      }
    }
  return rowResult(row, samples, faults);
}
