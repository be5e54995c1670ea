import { defineEvent } from '../../kernel/telemetry-ports.ts';

/** Said once for each outage. */
export const redisLost = defineEvent<{ server: string; why: string }>({
  counter: 'redis_outages_total',
  help: 'Times that Redis could not be reached any more, or did not answer in time.',
  labels: [],
  level: 'error',
  message: ({ server, why }) =>
    `the session store at ${server} is away (${why}); clients stay connected, what needs it is refused after store.redis.operationTimeout; trying again`,
});

export const redisBack = defineEvent<{ server: string; outageMs: number }>({
  counter: 'redis_recoveries_total',
  help: 'Times that Redis could be reached again.',
  labels: [],
  level: 'info',
  message: ({ server, outageMs }) => `the session store at ${server} is back after ${outageMs} ms`,
});

/** One line for each operation would drown the log; the outage itself is said at `error`. */
export const redisRefused = defineEvent<{ reason: 'deadline' | 'too-many' | 'redis' | 'closed' }>({
  counter: 'redis_refused_total',
  help: 'Reads and writes of the session store that were refused.',
  labels: ['reason'],
  level: 'debug',
  message: ({ reason }) => `an operation of the session store was refused (${reason})`,
});

/** Its own read of the subscriptions failed; it is repeated. */
export const redisSyncFailed = defineEvent<{ why: string }>({
  counter: 'redis_sync_failures_total',
  help: 'Times that the subscriptions could not be read again after an outage.',
  labels: [],
  level: 'warn',
  message: ({ why }) => `the subscriptions could not be read from Redis (${why}); trying again`,
});
