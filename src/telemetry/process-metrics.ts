import { performance } from 'node:perf_hooks';

interface ProcessMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly read: () => number;
}

/**
 * What the process uses, read when somebody asks. prom-client's own set is not taken: it leaves a timer and an
 * observer of the garbage collector behind that nobody can stop.
 */
export const processMetrics: readonly ProcessMetric[] = [
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time used, user and system.',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  },
  {
    name: 'process_event_loop_active_seconds_total',
    type: 'counter',
    help: 'Time the event loop was busy.',
    read: () => performance.eventLoopUtilization().active / 1e3,
  },
  {
    name: 'process_event_loop_idle_seconds_total',
    type: 'counter',
    help: 'Time the event loop waited for something to do.',
    read: () => performance.eventLoopUtilization().idle / 1e3,
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory.',
    read: () => process.memoryUsage.rss(),
  },
  {
    name: 'process_heap_used_bytes',
    type: 'gauge',
    help: 'Heap in use.',
    read: () => process.memoryUsage().heapUsed,
  },
  {
    name: 'process_external_memory_bytes',
    type: 'gauge',
    help: 'Memory of buffers and other objects outside the heap.',
    read: () => process.memoryUsage().external,
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When the process started, in seconds since the epoch.',
    read: () => performance.timeOrigin / 1e3,
  },
];
