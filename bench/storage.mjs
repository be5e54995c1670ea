// The storage rows: every broker runs every scenario, taking turns; then medians, verdicts and a table.
import { formatColumns, formatValue, summarize } from './report.mjs';
import { storageBrokers } from './storage-brokers.mjs';
import { storageLoads } from './storage-rows.mjs';
import { runScenario, storageFaults } from './storage-scenarios.mjs';

/**
 * @param rows those to measure; @param setting as for `measureRow`; @param say takes a line of progress.
 * @returns one result a row, in their order.
 */
export async function measureStorage(rows, setting, say) {
  const results = [];
  for (const scenario of new Set(rows.map((row) => row.scenario))) {
    const load = storageLoads[scenario][setting.plan];
    const { samples, faults } = await measureScenario(scenario, load, setting, say);
    results.push(
      ...rows.filter((row) => row.scenario === scenario).map((row) => storageResult(row, load, samples, faults)),
    );
  }
  return results;
}

async function measureScenario(scenario, load, setting, say) {
  const { fewer } = storageLoads[scenario];
  const samples = Object.fromEntries(storageBrokers.map((name) => [name, []]));
  const faults = [];
  const starts = scenario === 'restart' ? setting.runs : 1;
  for (let run = 1; run <= setting.runs / starts; run++)
    for (const broker of storageBrokers) {
      const where = `${scenario}, ${broker}, run ${run}`;
      const fault = (text) => {
        faults.push({ broker, run, text });
        say(`${where}: ${text}`);
      };
      try {
        const own = { ...load, starts, count: Math.min(load.count, fewer?.[broker] ?? load.count) };
        for (const result of (await runScenario(scenario, broker, setting, own)) ?? []) {
          storageFaults(scenario, result, load).forEach(fault);
          samples[broker].push(result);
          say(`${where}: ${JSON.stringify(result)}`);
        }
      } catch (error) {
        fault(error.message);
      }
    }
  return { samples, faults };
}

/** @param samples per broker the results of the scenario. Only faults of Viaduct spoil a row; those of others are told. */
export function storageResult(row, load, samples, faults) {
  const { name, title, unit, target, read } = row;
  const result = { name, title, unit, target, load, faults, brokers: {} };
  for (const [broker, runs] of Object.entries(samples))
    if (runs.length > 0) result.brokers[broker] = { ...summarize(runs.map(read)), samples: runs };
  const { viaduct } = result.brokers;
  const isFaulty = faults.some(({ broker }) => broker === 'viaduct');
  return {
    ...result,
    verdict: viaduct === undefined ? 'not measured' : isFaulty ? 'faulty' : verdictOf(target, viaduct.median),
  };
}

const verdictOf = ({ least, most }, value) =>
  (least === undefined || value >= least) && (most === undefined || value <= most) ? 'met' : 'missed';

const formatTarget = ({ least, most }) => (least === undefined ? `<= ${most}` : `>= ${least}`);

/** Faults of the other brokers are marked with `!`. */
function formatSide({ brokers, faults }, broker) {
  const side = brokers[broker];
  if (side === undefined) return '-';
  const mark = faults.some((fault) => fault.broker === broker) ? ' !' : '';
  return `${formatValue(side.median)} +-${Math.round(side.spread * 50)}%${mark}`;
}

/** One line a row, in columns. */
export function formatStorageTable(results) {
  const head = ['row', 'unit', ...storageBrokers, 'target', 'verdict'];
  const lines = results.map((result) => [
    result.name,
    result.unit,
    ...storageBrokers.map((broker) => formatSide(result, broker)),
    formatTarget(result.target),
    result.verdict,
  ]);
  return formatColumns([head, ...lines]);
}
