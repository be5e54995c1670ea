import { duration } from '../../kernel/schema.ts';

export const messageExpiry = duration
  .refine((ms) => ms >= 1_000 && ms <= 4_294_967_295_000, { error: 'use 1s to 49710d' })
  .optional()
  .meta({
    description:
      'Longest time that a message is kept, in queues and as retained message: one whose Message Expiry Interval is longer, or that has none, expires after this. Left out: only its own counts.',
    reload: 'live',
    limit: {
      bounds: 'node',
      why: 'Who publishes says how long a message is of use; what nobody limits stays until a queue is full.',
      client: 'The message does not come after that; an MQTT 5 client that gets it before hears what is left.',
    },
  });
