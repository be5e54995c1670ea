import { z } from 'zod';
import { byteSize } from '../../kernel/schema.ts';

const refused = 'SUBACK 0x97, before MQTT 5 0x80, for the filters beyond it; what it has stays.';

/** SUBSCRIBE and UNSUBSCRIBE are read, stored and answered as a whole. */
export const filtersPerPacket = z
  .int()
  .min(1)
  .max(100_000)
  .prefault(1_000)
  .meta({
    description: 'Topic filters in one SUBSCRIBE. UNSUBSCRIBE takes as many as fit into limits.packetSize.',
    reload: 'live',
    limit: {
      bounds: 'packet',
      why: 'The store takes them at once, so that they are kept all or none; clients send some ten.',
      client: 'SUBACK 0x97, before MQTT 5 0x80, for every filter of the packet; nothing is subscribed.',
      metric: 'subscription_limits_reached_total{limit="filtersPerPacket"}',
    },
  });

export const subscriptionsSchema = z
  .strictObject({
    count: z
      .int()
      .min(1)
      .max(1_000_000)
      .prefault(10_000)
      .meta({
        description: 'Subscriptions of one client.',
        reload: 'live',
        limit: {
          bounds: 'session',
          why: 'A gateway that subscribes for each of some thousand devices has room; wildcards do for more.',
          client: refused,
          metric: 'subscription_limits_reached_total{limit="subscriptions.count"}',
        },
      }),
    bytes: byteSize
      .refine((bytes) => bytes >= 65_536, { error: 'use 64KiB or more' })
      .prefault('8MiB')
      .meta({
        description:
          'Memory that the subscriptions of one client take: for each 200 bytes, the bytes of its filter, and 100 for each of its levels.',
        reload: 'live',
        limit: {
          bounds: 'session',
          why: '10,000 filters of 40 bytes and five levels fit.',
          client: refused,
          metric: 'subscription_limits_reached_total{limit="subscriptions.bytes"}',
        },
      }),
    overlap: z
      .int()
      .min(1)
      .max(100_000)
      .prefault(128)
      .meta({
        description:
          'Filters of one client that may match one topic: different arrangements of + and # among its filters, in each of its shared groups anew.',
        reload: 'live',
        limit: {
          bounds: 'session',
          why: 'Each that matches costs time with a message to a new topic, and each identifier bytes in it; clients have some five.',
          client: refused,
          metric: 'subscription_limits_reached_total{limit="subscriptions.overlap"}',
        },
      }),
  })
  .prefault({})
  .meta({ description: 'What one client may subscribe to.', reload: 'live' });
