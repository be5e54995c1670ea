import { type CampaignReport, runCampaign } from './campaign.ts';
import { compare, settle } from './memory.ts';
import type { FuzzOptions } from './options.ts';
import { type Pair, type PairReport, startPair } from './pair.ts';
import { Random } from './random.ts';
import { type FuzzSubject, startSubject, type Vitals } from './subject.ts';

export type FuzzInput = Omit<FuzzOptions, 'json' | 'print'> & {
  /** The built program, `dist/bin.js`. */
  readonly bin: string;
  /** Told what is done next. */
  readonly say: (text: string) => void;
};

export interface FuzzReport {
  readonly seed: number;
  readonly from: number;
  readonly campaign: CampaignReport;
  readonly pairs: readonly PairReport[];
  readonly before: Vitals;
  readonly after: Vitals;
  /** One sentence each; empty when all is well. */
  readonly failures: readonly string[];
}

/** Cases before memory is measured for the first time: they fill caches and load what is loaded late. */
const warmUpShare = 0.3;
const warmUpCases = 4_000;

function startPairs(subject: FuzzSubject, seed: number): Promise<Pair[]> {
  const secret = new Random(seed, -1).bytes(8).toString('hex');
  const { ca } = subject;
  return Promise.all([
    startPair({ name: '3.1.1 over TLS', url: subject.url('tls'), ca, version: 4, isPersistent: false }, secret),
    startPair({ name: '5 over wss', url: subject.url('wss'), ca, version: 5, isPersistent: true }, secret),
  ]);
}

const sum = (first: CampaignReport, second: CampaignReport): CampaignReport => ({
  cases: first.cases + second.cases,
  byKind: {
    bytes: first.byKind.bytes + second.byKind.bytes,
    connect: first.byKind.connect + second.byKind.connect,
    exchange: first.byKind.exchange + second.byKind.exchange,
    session: first.byKind.session + second.byKind.session,
    websocket: first.byKind.websocket + second.byKind.websocket,
    http: first.byKind.http + second.byKind.http,
    tls: first.byKind.tls + second.byKind.tls,
  },
  sentBytes: first.sentBytes + second.sentBytes,
  receivedBytes: first.receivedBytes + second.receivedBytes,
  faults: [...first.faults, ...second.faults],
  suspects: [...first.suspects, ...second.suspects],
});

/** What went wrong that neither a case nor a pair sees. */
function faultsOf(subject: FuzzSubject, after: Vitals): string[] {
  const faults: string[] = [];
  const death = subject.death();
  if (death !== undefined) faults.push(death);
  if (after.engineErrors > 0) faults.push(`the engine reports ${after.engineErrors} errors of its own`);
  const complaints = subject.complaints();
  if (complaints !== '') faults.push(`the broker wrote to standard error: ${complaints.slice(0, 4_000)}`);
  return faults;
}

/** Plays cases against a broker of its own while two pairs of clients exchange numbered messages. */
export async function fuzz(input: FuzzInput): Promise<FuzzReport> {
  const { seed, from, cases, concurrency, seconds, say } = input;
  await using subject = await startSubject(input);
  const pairs = await startPairs(subject, seed);
  const rest = await subject.vitals();
  const isOver = (): boolean => subject.death() !== undefined || pairs.some((pair) => pair.faults().length > 0);
  const run = (first: number, count: number, ms: number): Promise<CampaignReport> =>
    runCampaign(subject, { seed, from: first, cases: count, concurrency, isOver, signal: AbortSignal.timeout(ms) });

  say('warming up');
  const warmUp = await run(from, Math.min(warmUpCases, Math.ceil(cases * warmUpShare)), seconds * 1_000 * warmUpShare);
  let campaign = warmUp;
  let before = rest;
  let after = rest;
  const failures: string[] = [];
  try {
    if (!isOver()) {
      say(`${warmUp.cases} cases played; measuring memory`);
      before = await settle(subject, rest);
      say('playing the rest');
      const remaining = cases - warmUp.cases;
      campaign = sum(warmUp, await run(from + warmUp.cases, remaining, seconds * 1_000 * (1 - warmUpShare)));
    }
    if (!isOver()) {
      say(`${campaign.cases} cases played; waiting for memory to come back`);
      const comparison = await compare(subject, { rest, before });
      after = comparison.after;
      failures.push(...comparison.faults);
    }
  } catch (error) {
    failures.push(`the broker does not answer: ${String(error)}`);
  }
  if (isOver() || failures.length > 0) await subject.gone(2_000); // a broker that just crashed says why
  say('waiting for the pairs');
  const others = [...campaign.faults, ...(await Promise.all(pairs.map((pair) => pair.finish(20_000)))).flat()];
  // what clients see of a broker that is gone says nothing more
  failures.unshift(...faultsOf(subject, after), ...(subject.death() === undefined ? others : []));
  return { seed, from, campaign, pairs: pairs.map((pair) => pair.report()), before, after, failures };
}
