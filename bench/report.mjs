// From measurements to medians, verdicts and a table. Pure.
import { modes } from './rows.mjs';

/** What makes a measurement worthless, in words; empty when it is sound. */
export function faultsOf(sample, row) {
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
  if (row.load.resume) add(sample.n - sample.resumed, 'connections not resumed');
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

function verdictOf({ ratio, value }, measured) {
  if (ratio !== undefined) return measured.ratio <= ratio ? 'met' : 'missed';
  return measured.value <= value ? 'met' : 'missed';
}

/** @param runs per broker the samples, failed runs left out; a broker without one leaves the row without a ratio. */
export function rowResult(row, runs, faults) {
  const { unit, read } = modes[row.load.mode];
  const { name, title, target, load, mosquitto: mosquittoLines } = row;
  const result = { name, title, unit, target, load, mosquittoLines, faults, brokers: {} };
  for (const [broker, samples] of Object.entries(runs))
    if (samples.length > 0) result.brokers[broker] = { ...summarize(samples.map(read)), samples };
  const { viaduct, mosquitto } = result.brokers;
  if (viaduct === undefined || mosquitto === undefined) return { ...result, verdict: 'not measured' };
  const ratio = viaduct.median / mosquitto.median;
  const verdict = faults.length > 0 ? 'faulty' : verdictOf(row.target, { ratio, value: viaduct.median });
  return { ...result, ratio, verdict };
}

export const formatValue = (value) =>
  value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);

const formatSide = (side) =>
  side === undefined ? '-' : `${formatValue(side.median)} +-${Math.round(side.spread * 50)}%`;

const formatTarget = ({ ratio, value }) => (ratio === undefined ? `<= ${value} KB` : `<= ${ratio.toFixed(2)}`);

/** Part of the connections that resumed a session, where the row is about that. */
const formatResumed = (side) => {
  const [sample] = side?.samples ?? [];
  return sample?.resume === true ? ` (resumed ${Math.round((100 * sample.resumed) / sample.n)}%)` : '';
};

/** One line a row, in columns; `+-` is half the spread between the runs. */
export function formatTable(results) {
  const lines = results.map(({ name, unit, brokers: { viaduct, mosquitto }, ratio, target, verdict }) => [
    name,
    unit,
    formatSide(viaduct) + formatResumed(viaduct),
    formatSide(mosquitto) + formatResumed(mosquitto),
    ratio?.toFixed(2) ?? '-',
    formatTarget(target),
    verdict,
  ]);
  return formatColumns([['row', 'unit', 'viaduct', 'mosquitto', 'ratio', 'target', 'verdict'], ...lines]);
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
