import { describe, expect, test } from 'vitest';
import { aedesPersistenceContract } from '../../../test/contract/aedes-persistence.contract.ts';
import type { OpenLimitedStore } from '../../../test/contract/store/limits.ts';
import { contractLimits, type OpenStore, retained } from '../../../test/contract/store/support.ts';
import { sessionStoreContract, storeLimitsContract } from '../../../test/contract/store.contract.ts';
import { cpuMs } from '../../../test/support/cpu-ms.ts';
import { storeSchema } from '../schema.ts';
import { ClientQueue } from './client-queue.ts';
import { createMemoryStore } from './memory-store.ts';

const openLimited: OpenLimitedStore = async (limits, deps = {}) => {
  const store = createMemoryStore(limits, deps);
  await store.start(AbortSignal.timeout(10_000));
  return { ...store, [Symbol.asyncDispose]: () => store.stop(AbortSignal.timeout(10_000)) };
};
const open: OpenStore = (limits = {}, deps = {}) => openLimited(contractLimits(limits), deps);

describe('the memory store signs the contract', () => {
  sessionStoreContract(open);
  storeLimitsContract(openLimited);
});
describe('the memory store passes the suite of aedes-persistence', () => {
  aedesPersistenceContract(() => createMemoryStore(storeSchema.parse({})));
});

test('a small payload does not keep the chunk it was read in', async () => {
  await using store = await open();
  const payload = Buffer.alloc(65_536).subarray(10, 20);
  await store.keep({ topic: 'a', payload, qos: 0, retain: true }, [], { isRetained: true });
  const [kept] = await retained(store, 'a');
  expect(Object(kept?.payload).buffer.byteLength).toBe(10);
});

test('a queue of 100,000 messages is acknowledged in reverse order without searching', () => {
  const queue = new ClientQueue();
  const delivery = { qos: 1, retain: false, identifiers: [] } as const;
  const packet = (counter: number) =>
    ({ topic: 'a', payload: '', qos: 1, retain: false, runId: 'n', counter }) as const;
  for (let index = 1; index <= 100_000; index += 1) queue.push(packet(index), delivery);
  const start = cpuMs();
  for (let index = 100_000; index > 0; index -= 1) {
    queue.markSent(packet(index), (index % 65_535) + 1);
    queue.settle((index % 65_535) + 1);
  }
  expect(queue.size).toEqual({ messages: 0, bytes: 0 });
  expect(cpuMs() - start).toBeLessThan(30_000); // a search in the queue would take minutes
});
