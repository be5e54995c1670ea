import { type CaseKind, makeCase } from './cases.ts';
import { play, type Target } from './connection.ts';

export interface CampaignOptions {
  readonly seed: number;
  /** Number of the first case. */
  readonly from: number;
  /** How many cases at most. */
  readonly cases: number;
  readonly concurrency: number;
  /** Aborted when time is up: cases under way are finished, no other is begun. */
  readonly signal: AbortSignal;
  /** Asked after each case; true ends the campaign. */
  readonly isOver: () => boolean;
}

export interface CampaignReport {
  readonly cases: number;
  readonly byKind: Readonly<Record<CaseKind, number>>;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Cases in which the broker did wrong, each with its number. */
  readonly faults: readonly string[];
  /** Cases under way when the first sign of trouble was seen: one of them is the cause. */
  readonly suspects: readonly number[];
}

const noCases: Readonly<Record<CaseKind, number>> = {
  bytes: 0,
  connect: 0,
  exchange: 0,
  session: 0,
  websocket: 0,
  http: 0,
  tls: 0,
};

/** Plays cases in the order of their numbers, some at one time. */
export async function runCampaign(target: Target, options: CampaignOptions): Promise<CampaignReport> {
  const byKind = { ...noCases };
  const faults: string[] = [];
  const running = new Set<number>();
  let suspects: number[] = [];
  let next = options.from;
  let sentBytes = 0;
  let receivedBytes = 0;
  const isTroubled = (): boolean => suspects.length > 0;
  const end = options.from + options.cases;

  const work = async (): Promise<void> => {
    while (next < end && !isTroubled() && !options.signal.aborted) {
      const fuzzCase = makeCase(options.seed, next++);
      running.add(fuzzCase.number);
      const outcome = await play(fuzzCase, target);
      byKind[fuzzCase.kind]++;
      sentBytes += outcome.sentBytes;
      receivedBytes += outcome.receivedBytes;
      if (!isTroubled() && (outcome.fault !== undefined || options.isOver())) {
        suspects = [...running].toSorted((a, b) => a - b);
        if (outcome.fault !== undefined) faults.push(`case ${fuzzCase.number}: ${outcome.fault}`);
      }
      running.delete(fuzzCase.number);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, work));
  const cases = Object.values(byKind).reduce((sum, count) => sum + count, 0);
  return { cases, byKind, sentBytes, receivedBytes, faults, suspects };
}
