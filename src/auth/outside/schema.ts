import { z } from 'zod';
import { byteSize, duration, type FieldMeta } from '../../kernel/schema.ts';

type Told = Pick<FieldMeta, 'limit'>;

const unavailable = 'CONNACK 0x88 in MQTT 5, return code 3 before; it may try again.';

/** What bounds the questions to a service, whichever way they go. */
export const serviceFields = {
  timeout: duration
    .refine((ms) => ms >= 100 && ms <= 60_000, { error: 'use 100ms to 1m' })
    .prefault('3s')
    .meta({
      description: 'A question that is not answered within this is given up.',
      reload: 'live',
      limit: {
        bounds: 'connection',
        why: 'Shorter than limits.authenticationTimeout, so that the log says who did not answer.',
        client: unavailable,
        metric: 'auth_service_answers_total{outcome="failed"}',
      },
    } satisfies FieldMeta & Told),
  waiting: z
    .int()
    .min(1)
    .max(100_000)
    .prefault(200)
    .meta({
      description: 'Questions under way at the same time; one more is refused at once.',
      reload: 'live',
      limit: {
        bounds: 'node',
        why: 'A fifth of limits.connectsWaiting: a service that is slow must not take the places of clients that others are asked about.',
        client: 'CONNACK 0x97 in MQTT 5, return code 3 before; it may try again.',
        metric: 'auth_service_answers_total{outcome="full"}',
      },
    } satisfies FieldMeta & Told),
  remember: duration
    .refine((ms) => ms <= 3_600_000, { error: 'use at most 1h' })
    .prefault('10s')
    .meta({
      description:
        'An answer counts for so long for the same question, so that clients who come back do not ask again; `0s` asks each time.',
      reload: 'live',
    }),
  memory: byteSize
    .refine((bytes) => bytes >= 1_024 && bytes <= 1_073_741_824, { error: 'use 1KiB to 1GiB' })
    .prefault('4MiB')
    .meta({
      description: 'What `remember` may occupy, roughly; when it is full it begins anew.',
      reload: 'live',
      limit: {
        bounds: 'node',
        why: 'Some ten thousand clients.',
        client: 'Nothing; its question is asked again.',
      },
    } satisfies FieldMeta & Told),
  failures: z
    .int()
    .min(1)
    .max(1_000)
    .prefault(5)
    .meta({
      description: 'Failures one after the other, after which nobody is asked for `pause`.',
      reload: 'live',
      limit: {
        bounds: 'node',
        why: 'One or two are a restart; five are an outage.',
        client: unavailable,
        metric: 'auth_service_outages_total',
      },
    } satisfies FieldMeta & Told),
  pause: duration
    .refine((ms) => ms >= 100 && ms <= 600_000, { error: 'use 100ms to 10m' })
    .prefault('5s')
    .meta({ description: 'How long nobody is asked then; after it one client tries.', reload: 'live' }),
};

export interface ServiceOptions {
  readonly timeout: number;
  readonly waiting: number;
  readonly remember: number;
  readonly memory: number;
  readonly failures: number;
  readonly pause: number;
}
