import { z } from 'zod';
import { byteSize, duration, secretReference } from '../../kernel/schema.ts';

const urlPattern = /^(rediss?:\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?(\/\d{1,5})?|unix:\/\/\/[^?#@]+)$/;

/** `store.redis`: where sessions and messages are kept so that another node can go on with them. */
export const redisSchema = z
  .strictObject({
    url: z
      .string()
      .regex(urlPattern, {
        error:
          'write redis://host:port/database, rediss://host:port/database (TLS) or unix:///path; credentials do not stand in the URL but in store.redis.user and store.redis.password',
      })
      .prefault('redis://127.0.0.1:6379')
      .meta({ description: 'URL of the Redis server (6.2 or later, one primary).', reload: 'process' }),
    user: z.string().min(1).max(256).optional().meta({ description: 'User name (Redis ACL).', reload: 'process' }),
    password: secretReference
      .optional()
      .meta({ description: 'Password, by file or environment variable.', reload: 'process', secret: true }),
    tls: z
      .strictObject({
        ca: z.string().min(1).optional().meta({
          description: 'PEM file of the trust anchors of the server. Left out: those of the system.',
          reload: 'process',
        }),
        cert: z
          .string()
          .min(1)
          .optional()
          .meta({ description: 'PEM file of our client certificate.', reload: 'process' }),
        key: z.string().min(1).optional().meta({ description: 'PEM file of its key.', reload: 'process' }),
        serverName: z.string().min(1).optional().meta({
          description: 'Name that the certificate of the server must have, where it differs from the host of the URL.',
          reload: 'process',
        }),
      })
      .optional()
      .meta({ description: 'TLS towards Redis; the URL must begin with rediss://.', reload: 'process' }),
    keyPrefix: z
      .string()
      .max(64)
      .regex(/^[A-Za-z0-9:_.-]*$/, { error: 'use letters, digits and : _ . -, at most 64' })
      .prefault('viaduct:')
      .meta({
        description:
          'Begins every key, so that several clusters can share one Redis. Empty: the subscriptions and retained messages of an Aedes broker on the same Redis are taken over.',
        reload: 'process',
      }),
    operationTimeout: duration
      .refine((ms) => ms >= 100 && ms <= 300_000, { error: 'use 100ms to 5m' })
      .prefault('10s')
      .meta({
        description:
          'A read or write that Redis has not answered by then is refused, and its message not acknowledged.',
        reload: 'process',
        limit: {
          bounds: 'link',
          why: 'Longer than a failover of Redis; a client waits no longer for its acknowledgement.',
          client: 'The message is not acknowledged, a CONNECT is refused: 0x88 in MQTT 5.',
          metric: 'redis_refused_total',
        },
      }),
    reconnectDelayMax: duration
      .refine((ms) => ms >= 10 && ms <= 300_000, { error: 'use 10ms to 5m' })
      .prefault('2s')
      .meta({ description: 'Longest delay between attempts to reconnect; they never end.', reload: 'process' }),
    maxPendingWrites: z
      .int()
      .min(100)
      .max(10_000_000)
      .prefault(100_000)
      .meta({
        description: 'Operations that wait for Redis; beyond it new ones are refused at once.',
        reload: 'process',
        limit: {
          bounds: 'node',
          why: 'A second of the load that one Redis takes.',
          client: 'The message is not acknowledged, a CONNECT is refused.',
          metric: 'redis_refused_total',
        },
      }),
    maxPendingBytes: byteSize
      .refine((bytes) => bytes >= 1_048_576, { error: 'use at least 1MiB' })
      .prefault('64MiB')
      .meta({
        description: 'Bytes of operations that wait for Redis; beyond it new ones are refused at once.',
        reload: 'process',
        limit: {
          bounds: 'node',
          why: 'The same for large messages.',
          client: 'The message is not acknowledged, a CONNECT is refused.',
          metric: 'redis_refused_total',
        },
      }),
  })
  .superRefine((redis, context) => {
    if (redis.user !== undefined && redis.password === undefined)
      context.addIssue({ code: 'custom', path: ['user'], message: 'store.redis.user needs store.redis.password' });
    if (redis.tls === undefined) return;
    if (!redis.url.startsWith('rediss:'))
      context.addIssue({ code: 'custom', path: ['tls'], message: 'store.redis.tls needs a URL with rediss://' });
    if ((redis.tls.cert === undefined) !== (redis.tls.key === undefined))
      context.addIssue({
        code: 'custom',
        path: ['tls', redis.tls.cert === undefined ? 'cert' : 'key'],
        message: 'a client certificate is store.redis.tls.cert and store.redis.tls.key together',
      });
  })
  .prefault({})
  .meta({ description: 'The Redis server, for `type: redis`.', reload: 'process' });

export type RedisOptions = z.output<typeof redisSchema>;
/** With the password read. */
export type ResolvedRedisOptions = Omit<RedisOptions, 'password'> & { readonly password?: string | undefined };
