import { setTimeout as delay } from 'node:timers/promises';
import { type BrokerUnderAttack, foreignBroker, startBroker } from './broker.ts';
import { type Pair, startPair } from './pair.ts';
import { processFacts, watchMemory } from './process.ts';
import type { Scenario } from './scenario.ts';
import type { Outcome } from './verdict.ts';

/** A broker with its pair. */
export interface Arena extends AsyncDisposable {
  readonly broker: BrokerUnderAttack;
  readonly pair: Pair;
}

export interface ArenaOptions {
  /** The built program, or the port of a broker that runs already. */
  readonly subject: { readonly bin: string } | { readonly port: number };
  /** The built `pair-process.ts`. */
  readonly pairProgram: string;
  /** Where certificates are kept from one broker to the next. */
  readonly certificates: string;
  /** Before an attack, so that caches are warm and code is compiled, as in a broker that has run for a while. */
  readonly warmUpMs: number;
}

export async function openArena(
  scenario: Pick<Scenario, 'config' | 'needs'>,
  { subject, pairProgram, certificates, warmUpMs }: ArenaOptions,
): Promise<Arena> {
  const needs = await scenario.needs?.();
  const config = { ...scenario.config, ...needs?.config };
  const broker =
    'port' in subject ? foreignBroker(subject.port) : await startBroker({ bin: subject.bin, certificates, config });
  const url = `mqtt://127.0.0.1:${broker.ports.get('tcp')}`;
  const pair = await startPair(pairProgram, { url, brokerPid: broker.pid });
  await delay(warmUpMs);
  return {
    broker,
    pair,
    async [Symbol.asyncDispose]() {
      await pair[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
      await needs?.[Symbol.asyncDispose]();
    },
  };
}

/** What is measured of the broker and the pair while something goes on. */
export async function measure(
  { broker, pair }: Arena,
  attack: () => Promise<readonly string[]>,
): Promise<Pick<Outcome, 'seconds' | 'pair' | 'peakBytes' | 'cpuSeconds' | 'faults'>> {
  const cpuSeconds = () => (broker.pid === undefined ? undefined : processFacts(broker.pid).cpuSeconds);
  using memory = watchMemory(broker.pid);
  const cpuBefore = cpuSeconds();
  pair.begin();
  const startMs = performance.now();
  const faults = await attack().catch((error: unknown) => [`the scenario failed: ${String(error)}`]);
  const seconds = (performance.now() - startMs) / 1_000;
  const report = await pair.end();
  const cpuAfter = cpuSeconds();
  const death = broker.death();
  return {
    seconds,
    pair: report,
    peakBytes: memory.peakBytes,
    cpuSeconds: cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore,
    faults: death === undefined ? faults : [death, ...faults],
  };
}
