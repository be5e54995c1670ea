import { z } from 'zod';

export const connectionsSchema = z
  .strictObject({
    total: z
      .int()
      .min(1)
      .max(100_000_000)
      .optional()
      .meta({
        description:
          'Clients that may be connected at the same time, over all listeners; see `listeners[].maxConnections` too. Left out: no limit.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'Each listener has its own limit; set this where their sum is more than the machine has memory for.',
          client: 'CONNACK 0x97 in MQTT 5, return code 3 before; who takes its own session over is let in.',
          metric: 'mqtt_refused_total',
        },
      }),
    perUser: z
      .int()
      .min(1)
      .max(100_000_000)
      .optional()
      .meta({
        description:
          'Clients of one user that may be connected at the same time; 1: each user once. Anonymous clients are no user. Left out: no limit.',
        reload: 'live',
        limit: {
          bounds: 'user',
          why: 'A gateway or an application may connect many clients under one name, so there is no default.',
          client: 'What `beyond` says: CONNACK 0x97, return code 3 before MQTT 5; or the oldest hears DISCONNECT 0x97.',
          metric: 'mqtt_user_connections_over_limit_total',
        },
      }),
    beyond: z.enum(['refuse', 'replace']).prefault('refuse').meta({
      description:
        'What becomes of one client more than `perUser`: `refuse` lets it not in, `replace` disconnects the one of its user that has been connected longest.',
      reload: 'live',
    }),
  })
  .prefault({})
  .meta({ description: 'How many clients may be connected.', reload: 'live' });
