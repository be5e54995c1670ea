import { z } from 'zod';
import { byteSize, duration, secretReference } from '../../kernel/schema.ts';

/** Shorter ones would keep a processor busy with a server that is away. */
const delay = duration.refine((ms) => ms >= 10 && ms <= 3_600_000, { error: 'use 10ms to 1h' });

/** The servers and how to log in there. The configuration adds the hub, which is used where none is named. */
export const natsSchema = z
  .strictObject({
    servers: z
      .array(
        z.string().regex(/^(nats|tls):\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?\/?$/, {
          error:
            'write nats://host:port or tls://host:port; credentials do not stand in the URL but in nats.user, nats.token, nats.nkey or nats.creds',
        }),
      )
      .max(64)
      .prefault([])
      .meta({
        description: 'URLs of NATS servers of one cluster, all that may be fallen back to. Empty: the embedded hub.',
        reload: 'process',
      }),
    user: z.string().optional().meta({ description: 'User name.', reload: 'process' }),
    password: secretReference
      .optional()
      .meta({ description: 'Password of `user`, by file or environment variable.', reload: 'process', secret: true }),
    token: secretReference.optional().meta({ description: 'Token.', reload: 'process', secret: true }),
    nkey: secretReference.optional().meta({ description: 'NKey seed (SU...).', reload: 'process', secret: true }),
    creds: z.string().optional().meta({ description: 'Path of a .creds file (JWT and NKey seed).', reload: 'process' }),
    tls: z
      .strictObject({
        ca: z
          .string()
          .optional()
          .meta({ description: 'PEM file of the trust anchors of the server.', reload: 'process' }),
        cert: z.string().optional().meta({ description: 'PEM file of our client certificate.', reload: 'process' }),
        key: z.string().optional().meta({ description: 'PEM file of its key.', reload: 'process' }),
        serverName: z.string().optional().meta({
          description: 'Name that the certificate of the server must have, where it differs from the host of the URL.',
          reload: 'process',
        }),
        handshakeFirst: z.boolean().prefault(false).meta({
          description: 'Start TLS before the server has said anything; the server needs `handshake_first`.',
          reload: 'process',
        }),
      })
      .optional()
      .meta({ description: 'TLS towards NATS.', reload: 'process' }),
    reconnectDelay: delay.prefault('250ms').meta({
      description: 'First delay before reconnecting; it doubles up to `reconnectDelayMax`.',
      reload: 'process',
    }),
    reconnectDelayMax: delay
      .prefault('10s')
      .meta({ description: 'Longest delay between attempts; they never end.', reload: 'process' }),
    connectTimeout: duration
      .refine((ms) => ms >= 100 && ms <= 3_600_000, { error: 'use 100ms to 1h' })
      .prefault('5s')
      .meta({
        description:
          'An attempt to connect that takes longer is given up. The start waits no longer than this for NATS.',
        reload: 'process',
      }),
    maxPending: byteSize.prefault('64MiB').meta({
      description: 'Bytes sent that NATS has not confirmed; beyond it messages for NATS are dropped.',
      reload: 'process',
      limit: {
        bounds: 'node',
        why: 'A reconnect of some seconds at full load.',
        client: 'A message with `ack: local` is dropped, others are kept in the outbox or refused.',
        metric: 'bridge_dropped_total',
      },
    }),
    maxControlLine: byteSize
      .refine((bytes) => bytes >= 512 && bytes <= 1_048_576, { error: 'use 512B to 1MiB' })
      .prefault('4KiB')
      .meta({
        description:
          'Longest line of subject, reply subject and sizes that the server takes, its `max_control_line`, which it tells nobody; a longer one would end the connection. No subject is longer than 4,064 bytes.',
        reload: 'process',
        limit: {
          bounds: 'packet',
          why: 'The default of nats-server.',
          client: 'Its message is refused (0x90), or dropped before MQTT 5 and at QoS 0.',
          metric: 'bridge_dropped_total{reason="subject-too-long"}',
        },
      }),
  })
  .superRefine((nats, context) => {
    const given = (['user', 'token', 'nkey', 'creds'] as const).filter((field) => nats[field] !== undefined);
    for (const extra of given.slice(1))
      context.addIssue({
        code: 'custom',
        path: [extra],
        message: `nats.${given[0]} and nats.${extra} are two ways to log in; keep one`,
      });
    if (nats.password !== undefined && nats.user === undefined)
      context.addIssue({ code: 'custom', path: ['password'], message: 'nats.password needs nats.user' });
    if ((nats.tls?.cert === undefined) !== (nats.tls?.key === undefined))
      context.addIssue({
        code: 'custom',
        path: ['tls', nats.tls?.cert === undefined ? 'cert' : 'key'],
        message: 'a client certificate is nats.tls.cert and nats.tls.key together',
      });
  });

export type NatsOptions = z.output<typeof natsSchema>;
