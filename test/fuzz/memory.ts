import { setTimeout as delay } from 'node:timers/promises';
import type { FuzzSubject, Vitals } from './subject.ts';

const mebibyte = 1_048_576;
/** What may stay after a campaign: a share of the level before, and what caches and fragmentation take at most. */
const heapFactor = 1.5;
const heapSlackBytes = 8 * mebibyte;
const residentFactor = 1.5;
const residentSlackBytes = 48 * mebibyte;

const roundMs = 500;

/** Connections and subscriptions when nobody but the pairs is there. */
export type Rest = Pick<Vitals, 'connections' | 'subscriptions'>;

/** Asks until an answer satisfies, or time is up. @returns the last answer. */
async function askUntil(
  subject: FuzzSubject,
  isEnough: (vitals: Vitals) => boolean,
  timeoutMs: number,
): Promise<Vitals> {
  const signal = AbortSignal.timeout(timeoutMs);
  for (;;) {
    const vitals = await subject.vitals();
    if (isEnough(vitals) || signal.aborted) return vitals;
    await delay(roundMs);
  }
}

const isAtRest = (vitals: Vitals, rest: Rest): boolean =>
  vitals.connections <= rest.connections && vitals.subscriptions <= rest.subscriptions;

const hasGivenBack = (after: Vitals, before: Vitals): boolean =>
  after.usedBytes <= before.usedBytes * heapFactor + heapSlackBytes &&
  after.residentBytes <= before.residentBytes * residentFactor + residentSlackBytes;

const megabytes = (bytes: number): string => `${(bytes / mebibyte).toFixed(1)} MiB`;

/** Waits until the connections of the fuzzer have ended in the broker, and the lowest level of memory after that. */
export async function settle(subject: FuzzSubject, rest: Rest): Promise<Vitals> {
  await askUntil(subject, (vitals) => isAtRest(vitals, rest), 20_000);
  let lowest = await subject.vitals();
  for (let sample = 0; sample < 10; sample++) {
    await delay(roundMs); // sessions end one after the other, and the second collection frees more than the first
    const vitals = await subject.vitals();
    if (vitals.usedBytes < lowest.usedBytes) lowest = vitals;
  }
  return lowest;
}

/** What the broker has not given back after a campaign. */
export async function compare(
  subject: FuzzSubject,
  { rest, before }: { readonly rest: Rest; readonly before: Vitals },
): Promise<{ readonly after: Vitals; readonly faults: readonly string[] }> {
  await settle(subject, rest);
  const after = await askUntil(subject, (vitals) => hasGivenBack(vitals, before), 20_000);
  const faults: string[] = [];
  if (after.connections > rest.connections)
    faults.push(`${after.connections - rest.connections} connections are left after the fuzzer closed all of its own`);
  if (after.subscriptions > rest.subscriptions)
    faults.push(`${after.subscriptions - rest.subscriptions} subscriptions are left after their clients went`);
  if (!hasGivenBack(after, before))
    faults.push(
      `memory stays at ${megabytes(after.usedBytes)} used and ${megabytes(after.residentBytes)} resident; before it was ${megabytes(before.usedBytes)} and ${megabytes(before.residentBytes)}`,
    );
  return { after, faults };
}
