import { z } from 'zod';
import { duration } from '../kernel/schema.ts';

export const takeOversSchema = z
  .strictObject({
    perMinute: z
      .int()
      .min(1)
      .max(1_000_000)
      .prefault(30)
      .meta({
        description:
          'Times in a minute that a connection may take the place of another one with its client id; after that each waits for `delay` first.',
        reload: 'live',
        limit: {
          bounds: 'session',
          why: 'A client that lost its network comes back now and then; two devices with one client id throw each other out without end.',
          client: 'Its CONNACK comes later; the connection before it stays meanwhile.',
          metric: 'mqtt_take_overs_delayed_total',
        },
      }),
    delay: duration
      .refine((ms) => ms <= 60_000, { error: 'use 0s to 60s' })
      .prefault('5s')
      .meta({
        description: 'How long one waits that comes more often; shorter than `connectTimeout`. 0s: not at all.',
        reload: 'live',
        limit: {
          bounds: 'session',
          why: 'Shorter than clients wait for a CONNACK, and a hundred times longer than it takes to come back.',
          client: 'Its CONNACK comes later.',
          metric: 'mqtt_take_overs_delayed_total',
        },
      }),
  })
  .prefault({})
  .meta({ description: 'Connections that take the place of others with the same client id.', reload: 'live' });
