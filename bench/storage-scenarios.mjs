// What happens in one run of a storage scenario: a broker on an empty folder, the client, perhaps another start.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { runLoad } from './process.mjs';
import { keepsOverRestart, startStorageBroker } from './storage-brokers.mjs';

const script = join(import.meta.dirname, 'storage-client.mjs');
/** What a script of the client may take beside what its settings say. */
const graceMs = 60_000;

const client = (name, settings) =>
  runLoad(process.execPath, [script, name, JSON.stringify(settings)], settings.maxMs * 2 + graceMs);

/** Of all programs of a broker together. @param field VmRSS, now, or VmHWM, the most since `resetPeak`. */
function memoryMb(pids, field) {
  const kib = (pid) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return pids.reduce((sum, pid) => sum + kib(pid), 0) / 1_024;
}

const resetPeak = (pids) => pids.forEach((pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5'));

/** CPU seconds of all programs of a broker. */
function cpuSeconds(pids) {
  const ticks = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / 100;
}

async function withBroker(name, setting, use) {
  const broker = await startStorageBroker(name, setting);
  try {
    return await use(broker);
  } catch (error) {
    throw new Error(`${error.message}\n${broker.complaints()}`, { cause: error });
  } finally {
    await broker.stop();
  }
}

const scripts = {
  queue: async (name, setting, load) => [
    await withBroker(name, setting, async ({ port, pids }) => {
      const result = await client('queue', { port, ...load });
      return { ...result, cpuSeconds: cpuSeconds(pids) };
    }),
  ],

  retained: async (name, setting, load) => [
    await withBroker(name, setting, async ({ port, pids }) => {
      const retaining = await client('retain', { port, ...load });
      resetPeak(pids);
      const before = memoryMb(pids, 'VmRSS');
      const cpuBefore = cpuSeconds(pids);
      const reading = await client('read', { port, ...load, count: retaining.acknowledged });
      const growthMb = Math.max(0.1, memoryMb(pids, 'VmHWM') - before);
      return { retaining, reading, growthMb, cpuSeconds: cpuSeconds(pids) - cpuBefore };
    }),
  ],

  async restart(name, setting, load) {
    if (!keepsOverRestart(name)) return undefined;
    const filling = await withBroker(name, setting, ({ port }) => client('sessions', { port, ...load }));
    const results = [];
    for (let start = 1; start <= load.starts; start++) {
      const startedAt = performance.now();
      const result = await withBroker(name, setting, async ({ port, pids }) => {
        const startSeconds = (performance.now() - startedAt) / 1_000;
        const memory = memoryMb(pids, 'VmRSS');
        const startCpuSeconds = cpuSeconds(pids);
        const resumed = await client('resume', { port, ...load, session: load.sessions - start, maxMs: 30_000 });
        return { filling, startSeconds, startCpuSeconds, memoryMb: memory, resumed };
      });
      results.push(result);
    }
    return results;
  },
};

/** What makes the result of a run worthless, in words. */
export function storageFaults(scenario, result, load) {
  const faults = [];
  const expect = (found, wanted, what) => {
    if (found !== wanted) faults.push(`${found} of ${wanted} ${what}`);
  };
  if (scenario === 'queue') {
    expect(result.drained.received, result.queued.acknowledged, 'acknowledged messages came back');
    if (result.drained.unordered > 0) faults.push(`${result.drained.unordered} messages out of order`);
  } else if (scenario === 'retained')
    expect(result.reading.received, result.retaining.acknowledged, 'retained messages came');
  else {
    expect(result.filling.acknowledged, load.messages, 'messages were acknowledged');
    expect(result.resumed.received, load.messages, 'messages of a session came after the restart');
    if (!result.resumed.isPresent) faults.push('a session was gone after the restart');
  }
  return faults;
}

/**
 * Runs a scenario once. @returns its results, one a start of the broker; undefined where the broker cannot do it.
 * @param setting `app` and `directory`, in which the run gets a folder of its own.
 */
export async function runScenario(scenario, name, { app, directory }, load) {
  const folder = await mkdtemp(join(directory, `${name}-`));
  try {
    return await scripts[scenario](name, { app, directory: folder }, load);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
