import { z } from 'zod';
import { byteSize, duration, type FieldMeta } from '../../kernel/schema.ts';

type Told = Pick<FieldMeta, 'limit'>;

/** What the settings of one kind of question say, and their defaults. */
interface AskedAbout {
  /** What a client sees that nobody answers. */
  readonly unavailable: string;
  /** What it sees where too many questions are under way. */
  readonly full: string;
  readonly timeout: string;
  readonly waiting: { readonly count: number; readonly why: string };
  readonly remember: string;
  readonly memory: { readonly size: string; readonly why: string };
}

/** Who a client is. */
export const aboutIdentity: AskedAbout = {
  unavailable: 'CONNACK 0x88 in MQTT 5, return code 3 before; it may try again.',
  full: 'CONNACK 0x97 in MQTT 5, return code 3 before; it may try again.',
  timeout: 'Shorter than limits.authenticationTimeout, so that the log says who did not answer.',
  waiting: {
    count: 200,
    why: 'A fifth of limits.connectsWaiting: a service that is slow must not take the places of clients that others are asked about.',
  },
  remember: '10s',
  memory: { size: '4MiB', why: 'Some ten thousand clients.' },
};

const undecided =
  'PUBACK, PUBREC and SUBACK 0x83 in MQTT 5. Before, SUBACK 0x80, and the end of the connection for a message above QoS 0. CONNACK 0x88, or 3, for a will.';

/** What a client may do. */
export const aboutAccess: AskedAbout = {
  unavailable: undecided,
  full: undecided,
  timeout: 'What a client sends waits behind its question, PINGREQ too: much shorter than keep alives.',
  waiting: {
    count: 10_000,
    why: 'A client has eight at most. With many more, the last would not be answered within `timeout`.',
  },
  remember: '1m',
  memory: { size: '16MiB', why: 'Some fifty thousand topics of clients.' },
};

/** What bounds the questions to a service, whichever way they go. */
export const serviceFields = (about: AskedAbout) => ({
  timeout: duration
    .refine((ms) => ms >= 100 && ms <= 60_000, { error: 'use 100ms to 1m' })
    .prefault('3s')
    .meta({
      description: 'A question that is not answered within this is given up.',
      reload: 'live',
      limit: {
        bounds: 'connection',
        why: about.timeout,
        client: about.unavailable,
        metric: 'auth_service_answers_total{outcome="failed"}',
      },
    } satisfies FieldMeta & Told),
  waiting: z
    .int()
    .min(1)
    .max(100_000)
    .prefault(about.waiting.count)
    .meta({
      description: 'Questions under way at the same time; one more is refused at once.',
      reload: 'live',
      limit: {
        bounds: 'node',
        why: about.waiting.why,
        client: about.full,
        metric: 'auth_service_answers_total{outcome="full"}',
      },
    } satisfies FieldMeta & Told),
  remember: duration
    .refine((ms) => ms <= 3_600_000, { error: 'use at most 1h' })
    .prefault(about.remember)
    .meta({
      description:
        'An answer counts for so long for the same question, so that clients who come back do not ask again; `0s` asks each time.',
      reload: 'live',
    }),
  memory: byteSize
    .refine((bytes) => bytes >= 1_024 && bytes <= 1_073_741_824, { error: 'use 1KiB to 1GiB' })
    .prefault(about.memory.size)
    .meta({
      description: 'What `remember` may occupy, roughly; when it is full it begins anew.',
      reload: 'live',
      limit: {
        bounds: 'node',
        why: about.memory.why,
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
        client: about.unavailable,
        metric: 'auth_service_outages_total',
      },
    } satisfies FieldMeta & Told),
  pause: duration
    .refine((ms) => ms >= 100 && ms <= 600_000, { error: 'use 100ms to 10m' })
    .prefault('5s')
    .meta({ description: 'How long nobody is asked then; after it one client tries.', reload: 'live' }),
});

export interface ServiceOptions {
  readonly timeout: number;
  readonly waiting: number;
  readonly remember: number;
  readonly memory: number;
  readonly failures: number;
  readonly pause: number;
}
