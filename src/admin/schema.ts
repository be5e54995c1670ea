import { z } from 'zod';
import { duration } from '../kernel/schema.ts';

export const consoleSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .prefault(true)
      .meta({ description: 'Serve the console page on listeners that accept http.', reload: 'live' }),
    reads: z
      .int()
      .min(1)
      .max(10_000)
      .prefault(32)
      .meta({
        description:
          'Lists and streams of events under `/api/v1` that are read at the same time, page by page; for one more, the one that was asked for least recently is given up.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'More than people who look at a broker have open; each holds a place in what it reads, and no copy of it.',
          client: '410 for the list that was given up; it may begin again.',
          metric: 'console_reads_given_up_total',
        },
      }),
    readIdle: duration
      .refine((ms) => ms >= 100 && ms <= 3_600_000, { error: 'use 100ms to 1h' })
      .prefault('60s')
      .meta({
        description: 'A list or stream of events whose next page nobody asked for within this is given up.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'Longer than a script or a person between two pages.',
          client: '410 for its next page; it may begin again.',
          metric: 'console_reads_given_up_total',
        },
      }),
    eventBuffer: z
      .int()
      .min(1)
      .max(100_000)
      .prefault(1_000)
      .meta({
        description:
          'Events that wait for one reader of `/api/v1/events`; beyond it the oldest are forgotten, and it is told how many.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'Some seconds of a busy node, in a few hundred kilobytes.',
          client: 'It is told how many it missed, by `leftOut`.',
        },
      }),
  })
  .prefault({})
  .meta({ description: 'The console page.', reload: 'live' });

export type ConsoleOptions = z.output<typeof consoleSchema>;
