import { z } from 'zod';
import { duration } from '../../kernel/schema.ts';

const count = z.int().min(1).max(1_000_000);

export const failuresSchema = z
  .strictObject({
    count: count.meta({
      description:
        'Passwords and tokens from one address, or one IPv6 network of /64, that may be wrong within `window`; then it is kept out.',
      reload: 'live',
      limit: {
        bounds: 'address',
        why: 'A gateway may hide a whole fleet behind one address, so nobody is kept out unless it is asked for.',
        client:
          'CONNACK 0x8A in MQTT 5, return code 5 before, for `ban`; who has logged in from there before is let in all the same.',
        metric: 'login_failure_bans_total{what="address"}',
      },
    }),
    window: duration
      .refine((ms) => ms >= 1_000 && ms <= 86_400_000, { error: 'use 1s to 24h' })
      .prefault('1m')
      .meta({ description: 'Time in which so many wrong ones are forgotten again, evenly.', reload: 'live' }),
    ban: duration
      .refine((ms) => ms >= 1_000 && ms <= 604_800_000, { error: 'use 1s to 7d' })
      .prefault('5m')
      .meta({ description: 'For how long it is kept out.', reload: 'live' }),
    perUser: count.optional().meta({
      description:
        'The same for one user name, from all addresses together: then it is let in from where it has logged in before, and from nowhere else. Left out: no limit.',
      reload: 'live',
      limit: {
        bounds: 'user',
        why: 'Many addresses may guess together; but a user who is somewhere for the first time is kept out with them.',
        client:
          'CONNACK 0x8A in MQTT 5, return code 5 before, for `ban`, from where that user has not logged in before.',
        metric: 'login_failure_bans_total{what="user"}',
      },
    }),
  })
  .optional()
  .meta({
    description:
      'Keeps out for a while who sends wrong passwords and tokens again and again; this machine never. Left out: nobody is kept out.',
    reload: 'live',
  });

export type FailuresOptions = NonNullable<z.output<typeof failuresSchema>>;
