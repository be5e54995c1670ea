// From measurements to medians, verdicts and a table. Pure.
import { modes } from './rows.mjs';

/**
 * What makes a measurement worthless, in words; empty when it is sound.
 * @param broker of which it is: Node by itself gives a resumed connection no ticket for the next.
 */
export function faultsOf(sample, row, broker = 'viaduct') {
  const faults = [];
  const add = (count, text) => {
    if (count !== undefined && count !== 0) faults.push(`${count} ${text}`);
  };
  add(sample.lost, 'messages lost');
  add(sample.disordered_or_dup, 'messages out of order or twice');
  add(sample.conn_lost, 'connections lost');
  add(sample.failed, 'connections failed');
  add(sample.errors, 'errors');
  if (sample.mode === 'idle') add(row.load.n - sample.alive, 'idle connections lost');
  if (row.load.resume && broker !== 'bare-node') add(sample.n - sample.resumed, 'connections not resumed');
  const value = modes[row.load.mode].read(sample);
  if (!Number.isFinite(value) || value <= 0) faults.push('nothing was measured');
  return faults;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `spread` is how far the smallest and largest value are apart, as a part of the median. */
export function summarize(values) {
  const middle = median(values);
  return { median: middle, spread: (Math.max(...values) - Math.min(...values)) / middle, values };
}

/** @param target at most `ratio` times mosquitto, `bare` times bare Node, `value` of the row's unit; whichever there are. */
function verdictOf(target, measured) {
  const isMet = Object.entries(target).every(([name, most]) => measured[name] <= most);
  return isMet ? 'met' : 'missed';
}

/** @param runs per broker the samples, failed runs left out; a broker without one leaves the row without a ratio. */
export function rowResult(row, runs, faults) {
  const { unit, read } = modes[row.load.mode];
  const { name, title, target, load, mosquitto: mosquittoLines } = row;
  const result = { name, title, unit, target, load, mosquittoLines, faults, brokers: {} };
  for (const [broker, samples] of Object.entries(runs))
    if (samples.length > 0) result.brokers[broker] = { ...summarize(samples.map(read)), samples };
  const { viaduct, mosquitto, 'bare-node': bareNode } = result.brokers;
  const isWhole =
    viaduct !== undefined && mosquitto !== undefined && (target.bare === undefined || bareNode !== undefined);
  if (!isWhole) return { ...result, verdict: 'not measured' };
  const ratio = viaduct.median / mosquitto.median;
  const bare = bareNode === undefined ? undefined : viaduct.median / bareNode.median;
  const verdict = faults.length > 0 ? 'faulty' : verdictOf(target, { ratio, bare, value: viaduct.median });
  return { ...result, ratio, bare, verdict };
}

export const formatValue = (value) =>
  value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);

const formatSide = (side) =>
  side === undefined ? '-' : `${formatValue(side.median)} +-${Math.round(side.spread * 50)}%`;

const formatTarget = ({ ratio, bare, value }) =>
  [
    value !== undefined && `<= ${value} KB`,
    ratio !== undefined && `<= ${ratio.toFixed(2)}`,
    bare !== undefined && `<= ${bare.toFixed(2)} bare`,
  ]
    .filter((text) => text !== false)
    .join(', ');

/** Part of the connections that resumed a session, where the row is about that. */
const formatResumed = (side) => {
  const [sample] = side?.samples ?? [];
  return sample?.resume === true ? ` (resumed ${Math.round((100 * sample.resumed) / sample.n)}%)` : '';
};

/** One line a row, in columns; `+-` is half the spread between the runs. */
export function formatTable(results) {
  const hasBare = results.some(({ target }) => target.bare !== undefined);
  const lines = results.map(({ name, unit, brokers, ratio, bare, target, verdict }) => {
    const sides = ['viaduct', 'mosquitto', ...(hasBare ? ['bare-node'] : [])].map((side) => brokers[side]);
    const ratios = [ratio, ...(hasBare ? [bare] : [])].map((value) => value?.toFixed(2) ?? '-');
    return [
      name,
      unit,
      ...sides.map((side) => formatSide(side) + formatResumed(side)),
      ...ratios,
      formatTarget(target),
      verdict,
    ];
  });
  const sides = ['viaduct', 'mosquitto', ...(hasBare ? ['bare Node'] : [])];
  const ratios = ['ratio', ...(hasBare ? ['to bare'] : [])];
  return formatColumns([['row', 'unit', ...sides, ...ratios, 'target', 'verdict'], ...lines]);
}

/** Lines of cells as text, each column as wide as its widest cell. */
export function formatColumns(all) {
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => line[column].length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line a fault: which row, which broker, which run, what. */
export const formatFaults = (results) =>
  results.flatMap(({ name, faults }) =>
    faults.map(({ broker, run, text }) => `${name}, ${broker}, run ${run}: ${text}`),
  );
