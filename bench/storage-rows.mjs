// What is measured of storage: one record a row of its table. Rows of one scenario come from the same runs.

/**
 * - `scenario`: which script of storage-scenarios.mjs; `read`: what the row takes from its result, undefined for nothing.
 * - `target`: at least or at most `value`, of Viaduct.
 */
export const storageRows = [
  {
    name: 'store-queue',
    title: 'QoS 1 into one offline session',
    scenario: 'queue',
    unit: 'messages/s',
    read: ({ queued }) => queued.acknowledged / queued.seconds,
    target: { least: 30_000 },
  },
  {
    name: 'store-drain',
    title: 'the session comes back and acknowledges them',
    scenario: 'queue',
    unit: 'messages/s',
    read: ({ drained }) => drained.received / drained.seconds,
    target: { least: 20_000 },
  },
  {
    name: 'store-retained',
    title: 'retained messages of one wildcard subscription',
    scenario: 'retained',
    unit: 's',
    read: ({ reading }) => reading.seconds,
    target: { most: 1 },
  },
  {
    name: 'store-retained-memory',
    title: 'what the broker grows by meanwhile',
    scenario: 'retained',
    unit: 'MB',
    read: ({ growthMb }) => growthMb,
    target: { most: 100 },
  },
  {
    name: 'store-restart',
    title: 'start with sessions and queued messages, until clients are accepted',
    scenario: 'restart',
    unit: 's',
    read: ({ startSeconds }) => startSeconds,
    target: { most: 3 },
  },
  {
    name: 'store-restart-memory',
    title: 'memory after that',
    scenario: 'restart',
    unit: 'MB',
    read: ({ memoryMb }) => memoryMb,
    target: { most: 500 },
  },
];

/** Bytes of every payload of the queue; the other scenarios use shorter ones. */
const size = 256;

/** How much each scenario does; `fewer` for a broker that would take minutes. A restart fills once and starts three times. */
export const storageLoads = {
  queue: {
    full: { count: 200_000, size, window: 1_000, maxMs: 60_000 },
    quick: { count: 20_000, size, window: 1_000, maxMs: 20_000 },
    fewer: { 'aedes-redis': 20_000, 'aedes-level': 20_000 },
  },
  retained: {
    full: { count: 100_000, size: 100, window: 1_000, maxMs: 120_000 },
    quick: { count: 10_000, size: 100, window: 1_000, maxMs: 20_000 },
  },
  restart: {
    full: { sessions: 100_000, messages: 10, size: 100, maxMs: 300_000 },
    quick: { sessions: 2_000, messages: 10, size: 100, maxMs: 30_000 },
  },
};
