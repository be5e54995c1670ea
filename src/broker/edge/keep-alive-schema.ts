import { z } from 'zod';
import { duration } from '../../kernel/schema.ts';

const seconds = duration.refine((ms) => ms === 0 || (ms >= 1_000 && ms <= 65_535_000), {
  error: 'use 1s to 65535s, or 0s for no limit',
});

export const keepAliveSchema = z
  .strictObject({
    min: seconds.prefault('0s').meta({
      description:
        'Shortest keep alive of an MQTT 5 client: one that asks for less, but for some, is told this one. 0s: no limit.',
      reload: 'live',
      limit: {
        bounds: 'connection',
        why: '0s leaves it to clients; set it where pings of a large fleet cost.',
        client: 'Server Keep Alive in the CONNACK; before MQTT 5 nothing, it may ask as often as it likes.',
      },
    }),
    max: seconds.prefault('0s').meta({
      description:
        'Longest keep alive: an MQTT 5 client that asks for more, or for none, is told this one. 0s: no limit.',
      reload: 'live',
      limit: {
        bounds: 'connection',
        why: '0s leaves it to clients; set it where idle connections cost.',
        client:
          'Server Keep Alive in the CONNACK; who is silent for one and a half times that is closed. Before MQTT 5 what `before5` says.',
        metric: 'mqtt_refused_total',
      },
    }),
    before5: z.enum(['take', 'refuse']).prefault('take').meta({
      description:
        'What becomes of a client before MQTT 5, which cannot be told of another keep alive, and asks for more than `max`, or for none: `take` lets it have its own, `refuse` answers with return code 2, as mosquitto does.',
      reload: 'live',
    }),
  })
  .refine(({ min, max }) => min === 0 || max === 0 || min <= max, {
    path: ['min'],
    error: 'is longer than max; use a shorter one',
  })
  .prefault({})
  .meta({ description: 'How long a client may be silent.', reload: 'live' });

export type KeepAliveRange = z.output<typeof keepAliveSchema>;
