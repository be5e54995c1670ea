const beforeMs = 3_000;
const afterMs = 1_000;
const perMoment = 20;
const lastLines = 10;
const lineLength = 400;

/** When a line was written; NaN for one that is no JSON, such as a stack. */
const timeOf = (line: string): number => Date.parse(/"time":"([^"]+)"/.exec(line)?.[1] ?? '');

/**
 * What the log of a broker has for a failure: its lines about the pair, those of the seconds around a moment, and its last.
 * @param moments in milliseconds since 1970
 */
export function evidence(log: string, moments: readonly number[]): string[] {
  const lines = log.split('\n').filter((line) => line !== '');
  const ofPair = lines.filter((line) => /\bpair-(?:publisher|subscriber)\b/.test(line)).slice(-perMoment);
  const around = moments.flatMap((moment) =>
    lines.filter((line) => timeOf(line) >= moment - beforeMs && timeOf(line) <= moment + afterMs).slice(-perMoment),
  );
  const chosen = new Set([...ofPair, ...around, ...lines.slice(-lastLines)]);
  return lines.filter((line) => chosen.has(line)).map((line) => line.slice(0, lineLength));
}
