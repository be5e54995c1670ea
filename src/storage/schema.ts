import { z } from 'zod';
import { byteSize, onFull, queueAge, queueBytes } from '../kernel/schema.ts';
import { redisSchema } from './redis/schema.ts';

const queueSchema = z
  .strictObject({
    messages: z
      .int()
      .min(1)
      .max(10_000_000)
      .prefault(10_000)
      .meta({
        description: 'Messages queued for one session.',
        reload: 'process',
        limit: {
          bounds: 'session',
          why: 'Hours of a device that reports every few seconds.',
          client: 'What `store.queue.onFull` says.',
          metric: 'store_dropped_total{reason="queue-full"}',
        },
      }),
    bytes: queueBytes.prefault('64MiB').meta({
      description: 'Bytes of topic, payload and properties queued for one session.',
      reload: 'process',
      limit: {
        bounds: 'session',
        why: 'The same for large messages.',
        client: 'What `store.queue.onFull` says.',
        metric: 'store_dropped_total{reason="queue-full"}',
      },
    }),
    age: queueAge.optional().meta({
      description: 'A message that waited longer and was never sent is dropped. Left out: only its own expiry counts.',
      reload: 'process',
      limit: {
        bounds: 'session',
        why: 'Without it only the expiry of a message counts, which is for its publisher to say.',
        client: 'The message does not come.',
        metric: 'store_dropped_total{reason="too-old"}',
      },
    }),
    onFull: onFull.prefault('drop-oldest').meta({
      description:
        'What happens to one message more: drop-oldest makes room, drop-newest leaves it out for this session, refuse does not acknowledge it to its publisher.',
      reload: 'process',
    }),
  })
  .prefault({})
  .meta({ description: 'Limits of the queue of each session.', reload: 'process' });

const retainedSchema = z
  .strictObject({
    messages: z
      .int()
      .min(1)
      .max(100_000_000)
      .prefault(1_000_000)
      .meta({
        description: 'Topics with a retained message.',
        reload: 'process',
        limit: {
          bounds: 'node',
          why: 'The state of a large fleet; a retained message in use costs memory for its topic.',
          client: 'What `store.retained.onFull` says.',
          metric: 'store_dropped_total{reason="retained-full"}',
        },
      }),
    bytes: byteSize.prefault('1GiB').meta({
      description: 'Bytes of topic, payload and properties of all retained messages.',
      reload: 'process',
      limit: {
        bounds: 'node',
        why: '1 KiB for each of that many topics.',
        client: 'What `store.retained.onFull` says.',
        metric: 'store_dropped_total{reason="retained-full"}',
      },
    }),
    onFull: z.enum(['drop-newest', 'refuse']).prefault('drop-newest').meta({
      description:
        'What happens to one more: drop-newest delivers without retaining it, refuse does not acknowledge it to its publisher.',
      reload: 'process',
    }),
  })
  .prefault({})
  .meta({ description: 'Limits of retained messages.', reload: 'process' });

const exchangesSchema = z
  .strictObject({
    total: z
      .int()
      .min(1)
      .max(100_000_000)
      .prefault(1_000_000)
      .meta({
        description:
          'Open QoS 2 exchanges of all publishers: messages that were received and not released. Those of a session that ends with its connection stand in no store, and are no more than packet identifiers allow. For `type: redis` over all nodes.',
        reload: 'process',
        limit: {
          bounds: 'node',
          why: 'About 30 MB.',
          client: 'PUBREC 0x97 in MQTT 5, before that the connection is closed; nobody loses an exchange that is open.',
          metric: 'store_dropped_total{reason="exchanges-full"}',
        },
      }),
    perSession: z
      .int()
      .min(1)
      .max(65_535)
      .prefault(8_192)
      .meta({
        description:
          'Open QoS 2 exchanges of one publisher whose session outlives its connection, those of earlier connections included.',
        reload: 'process',
        limit: {
          bounds: 'session',
          why: 'MQTT 3.1.1 clients are not told how many they may have under way, and some send thousands before they release one.',
          client: 'PUBREC 0x97 in MQTT 5, before that the connection is closed.',
          metric: 'store_dropped_total{reason="exchanges-full"}',
        },
      }),
  })
  .prefault({})
  .meta({ description: 'Limits of QoS 2 messages that publishers have not released.', reload: 'process' });

export const storeSchema = z
  .strictObject({
    type: z.enum(['disk', 'memory', 'redis']).prefault('disk').meta({
      description:
        'Where sessions, queued and retained messages are kept: on this disk, in memory until the process ends, or in Redis, where another node can go on with them. Several nodes at once are no cluster yet; docs/redis.md says what they share.',
      reload: 'process',
    }),
    directory: z
      .string()
      .min(1)
      .prefault('./data')
      .meta({ description: 'Folder of the files, for `type: disk`. One broker uses it at a time.', reload: 'process' }),
    durability: z.enum(['commit', 'fsync']).prefault('commit').meta({
      description:
        'What an acknowledged message survives, for `type: disk`. commit: the end of the process in any way, kill -9 included; power loss and a crash of the system cost at most the last two seconds. fsync: these too, at the speed of the disk.',
      reload: 'process',
    }),
    maxBytes: byteSize
      .refine((bytes) => bytes >= 1_048_576, { error: 'use at least 1MiB' })
      .prefault('8GiB')
      .meta({
        description:
          'Bytes of everything that is kept: queued and retained messages, and with 256 bytes each beside their texts sessions, subscriptions and wills, and open QoS 2 exchanges. Beyond it what is new is refused. The files of `type: disk` take up to twice as much. For `type: redis` it counts what all nodes keep under store.redis.keyPrefix, so give all nodes the same value; the maxmemory of Redis is a limit of its own.',
        reload: 'process',
        limit: {
          bounds: 'node',
          why: 'What a small machine may spare of its disk.',
          client: 'The message is not acknowledged: 0x97 in MQTT 5, before that the connection is closed.',
          metric: 'store_dropped_total{reason="refused"}',
        },
      }),
    queue: queueSchema,
    retained: retainedSchema,
    exchanges: exchangesSchema,
    subscriptions: byteSize.prefault('256MiB').meta({
      description:
        'Bytes of the subscriptions of all sessions that outlive their connections: 256 for each beside its topic filter. They are in memory, whatever the store. For `type: redis` each node counts those of all nodes.',
      reload: 'process',
      limit: {
        bounds: 'node',
        why: 'A million with short filters, ten for each of 100,000 devices; what they take in memory is about that.',
        client: 'SUBACK 0x97 in MQTT 5, before that 0x80; those that are there go on.',
        metric: 'store_dropped_total{reason="subscriptions-full"}',
      },
    }),
    redis: redisSchema,
  })
  .prefault({})
  .meta({ description: 'Storage.', reload: 'process' });

export type StoreOptions = z.output<typeof storeSchema>;
export type QueueLimits = StoreOptions['queue'];
export type RetainedLimits = StoreOptions['retained'];
export type ExchangeLimits = StoreOptions['exchanges'];
/** The limits that every store of one node keeps. */
export type StoreLimits = Pick<StoreOptions, 'maxBytes' | 'queue' | 'retained' | 'exchanges' | 'subscriptions'>;
