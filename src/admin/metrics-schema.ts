import { z } from 'zod';
import { duration, network, secretReference } from '../kernel/schema.ts';

export const metricsSchema = z
  .strictObject({
    allow: z
      .strictObject({
        addresses: z.array(network).max(1_000).prefault([]).meta({
          description:
            'Addresses and networks that may read `/metrics` beside this machine, e.g. `192.0.2.7` or `10.0.0.0/8`. Through a proxy they count where the listener believes it (`listeners[].proxy`).',
          reload: 'live',
        }),
        token: secretReference.optional().meta({
          description:
            'Whoever shows it as `Authorization: Bearer` may read `/metrics` from anywhere, also through a proxy. Use https, and a long random one, as `openssl rand -base64 32` makes it.',
          reload: 'live',
          secret: true,
        }),
      })
      .prefault({})
      .meta({ description: 'Who may read the metrics beside programs on this machine.', reload: 'live' }),
    sysTopics: duration
      .refine((ms) => ms === 0 || ms >= 1_000, { error: 'use 0s, or at least 1s' })
      .prefault('10s')
      .meta({
        description:
          'How often the topics below `$SYS/broker/` are published that mosquitto has, for as long as a client subscribes to one of them. 0s: never.',
        reload: 'live',
      }),
  })
  .prefault({})
  .meta({ description: 'Metrics for Prometheus, at `/metrics` of listeners that accept http.', reload: 'live' });
