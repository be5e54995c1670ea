import { z } from 'zod';
import { byteSize, duration } from '../../kernel/schema.ts';

const client =
  'Acknowledgements come later, then nothing is read from it for a while; who goes on for `patience` is closed, with 0x96 in MQTT 5.';
const metric = 'mqtt_publish_held_back_total';
const messages = z.int().min(1).max(10_000_000).optional();
const bytes = byteSize.refine((value) => value >= 1_024, { error: 'use 1KiB or more' }).optional();

export const publishRateSchema = z
  .strictObject({
    messages: messages.meta({
      description: 'Messages that one connection may publish in a second. Left out: no limit.',
      reload: 'live',
      limit: {
        bounds: 'connection',
        why: 'Turns of the event loop are shared as it is; what a fleet may send differs too much.',
        client,
        metric,
      },
    }),
    bytes: bytes.meta({
      description: 'Bytes of PUBLISH packets that one connection may send in a second. Left out: no limit.',
      reload: 'live',
      limit: { bounds: 'connection', why: 'What a network carries differs too much.', client, metric },
    }),
    userMessages: messages.meta({
      description: 'The same as `messages` of all connections of one user together; anonymous clients are no user.',
      reload: 'live',
      limit: { bounds: 'user', why: 'One gateway may stand for a fleet, so there is no default.', client, metric },
    }),
    userBytes: bytes.meta({
      description: 'The same as `bytes` of all connections of one user together; anonymous clients are no user.',
      reload: 'live',
      limit: { bounds: 'user', why: 'One gateway may stand for a fleet, so there is no default.', client, metric },
    }),
    patience: duration
      .refine((ms) => ms >= 1_000 && ms <= 86_400_000, { error: 'use 1s to 1d' })
      .prefault('60s')
      .meta({
        description:
          'A client that publishes faster than it may for so long, without a second in between, is disconnected.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Longer than a burst after a reconnect takes, which is held back and let be.',
          client: 'DISCONNECT 0x96 in MQTT 5, before that the connection is closed.',
          metric: 'mqtt_refused_total',
        },
      }),
  })
  .prefault({})
  .meta({ description: 'How fast clients may publish.', reload: 'live' });

export type PublishRateOptions = z.output<typeof publishRateSchema>;
