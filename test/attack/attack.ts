import { join } from 'node:path';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type Arena, type ArenaOptions, measure, openArena } from './arena.ts';
import { openBattle } from './battle.ts';
import { evidence } from './evidence.ts';
import { mix } from './long.ts';
import { hasOwnBroker, type Scenario } from './scenario.ts';
import { isOnlySlow, judge, type Outcome } from './verdict.ts';

export interface AttackInput extends Pick<ArenaOptions, 'subject' | 'pairProgram'> {
  readonly scenarios: readonly Scenario[];
  readonly form: 'short' | 'full' | 'long';
  /** How long the long form goes on. */
  readonly minutes: number;
  /** Told what is done next, and how each scenario went. */
  readonly say: (text: string) => void;
  readonly onOutcome?: (outcome: Outcome) => void;
}

const mebibyte = 1_048_576;

/** Attacks a broker, and says what it did to others meanwhile. */
export async function attack(input: AttackInput): Promise<Outcome[]> {
  const { form, subject, pairProgram } = input;
  await using directory = await temporaryDirectory();
  const certificates = join(directory.path, 'certs');
  const options = { subject, pairProgram, certificates, warmUpMs: form === 'short' ? 500 : 2_000 };
  return form === 'long' ? [await attackAtLength(input, options)] : attackInTurn(input, options);
}

/**
 * Plays scenarios one after the other, each against a broker of its own; in the short form those without a
 * configuration of their own share one, as long as it holds.
 */
async function attackInTurn(input: AttackInput, options: ArenaOptions): Promise<Outcome[]> {
  const isShort = input.form === 'short';
  const outcomes: Outcome[] = [];
  let arena: Arena | undefined;
  const close = async (): Promise<void> => {
    await arena?.[Symbol.asyncDispose]();
    arena = undefined;
  };
  try {
    for (const scenario of input.scenarios) {
      input.say(`${scenario.name}: ${scenario.title}`);
      const isAlone = !isShort || hasOwnBroker(scenario);
      if (isAlone) await close();
      arena ??= await openArena(scenario, options);
      let outcome = await play(scenario, arena, input);
      // a fault of the broker comes each time, a moment of a busy machine does not; who is in a hurry looks again
      for (let again = 0; again < 2 && isShort && isOnlySlow(outcome); again++)
        outcome = await play(scenario, arena, input);
      outcomes.push(outcome);
      const isHeld = tell(input, arena, outcome);
      if (isAlone || !isHeld) await close();
    }
  } finally {
    await close();
  }
  return outcomes;
}

/** Says how an attack went, and what the broker wrote where it failed. @returns whether it held */
function tell({ say, onOutcome }: AttackInput, { broker }: Arena, outcome: Outcome): boolean {
  const problems = judge(outcome);
  say(`  ${problems.join('; ') || 'held'}`);
  if (problems.length > 0) for (const line of evidence(broker.log(), outcome.pair.moments)) say(`  log: ${line}`);
  onOutcome?.(outcome);
  return problems.length === 0;
}

async function play(scenario: Scenario, arena: Arena, { form, say }: AttackInput): Promise<Outcome> {
  const isShort = form === 'short';
  const { name, title, seconds, memoryMiB } = scenario;
  const traffic = { bytes: 0, packets: 0 };
  const isOver = new AbortController();
  using battle = openBattle(arena.broker, { name, isShort, signal: isOver.signal, traffic, say });
  const measured = await measure(arena, async () => {
    const deadline = AbortSignal.timeout((isShort ? seconds.short : seconds.full) * 1_000);
    deadline.addEventListener('abort', () => isOver.abort());
    const faults = await scenario.run(battle);
    isOver.abort();
    return faults;
  });
  return {
    name,
    title,
    sentBytes: traffic.bytes,
    sentPackets: traffic.packets,
    maxPeakBytes: memoryMiB * mebibyte,
    ...measured,
  };
}

/** What attackers leave behind is gone after a minute, so that a state is reached from which memory must not grow. */
const longForm = {
  concurrency: 3,
  memoryMiB: 1_024,
  config: { limits: { connectTimeout: '2s', sessionExpiry: '60s' } },
};

async function attackAtLength(input: AttackInput, options: ArenaOptions): Promise<Outcome> {
  const { concurrency, memoryMiB, config } = longForm;
  const { minutes } = input;
  const scenarios = input.scenarios.filter(({ config, needs, isMixed }) => !config && !needs && isMixed !== false);
  const traffic = { bytes: 0, packets: 0 };
  await using arena = await openArena({ config }, options);
  const measured = await measure(arena, () => mix(arena, { scenarios, minutes, concurrency, traffic, say: input.say }));
  const outcome = {
    name: 'mixed',
    title: `${scenarios.length} scenarios, ${concurrency} at one time, ${minutes} minutes`,
    sentBytes: traffic.bytes,
    sentPackets: traffic.packets,
    maxPeakBytes: memoryMiB * mebibyte,
    ...measured,
  };
  tell(input, arena, outcome);
  return outcome;
}
