import { z } from 'zod';
import { isLoopback } from '../kernel/address.ts';
import { byteSize, duration, socketAddress } from '../kernel/schema.ts';

export const hubSchema = z
  .strictObject({
    bind: socketAddress
      .prefault('127.0.0.1:4222')
      .meta({ description: 'Address of the embedded hub; port 0 takes a free port.', reload: 'process' }),
    authentication: z
      .array(
        z.string().regex(/^(certificate|password|jwt|http)(\+(certificate|password|jwt|http))*$/, {
          error: 'use certificate, password, jwt and http, joined by + where all of them must accept',
        }),
      )
      .min(1)
      .max(16)
      .optional()
      .meta({
        description:
          'Who is asked who a NATS client is, as in `listeners[].authentication`: `certificate` (with `tls: two-way`), `password` (`access.passwords`), `jwt`, `http`. User and password, or the token in place of the password, are those of its CONNECT, its name is the client id. What it may do say the rules of `access.rules` that name the listener `hub`. Left out: whoever reaches the port may do everything.',
        reload: 'process',
      }),
    tls: z.enum(['off', 'one-way', 'two-way']).prefault('off').meta({
      description:
        'TLS towards NATS clients, with the certificate in the folder of certificates, and `ca-chain.pem` there for theirs. It begins behind the INFO, as in nats-server. `two-way`: clients must show a certificate.',
      reload: 'process',
    }),
    allowRemote: z.boolean().prefault(false).meta({
      description: 'Allows a bind beyond this machine although nobody is asked who he is.',
      reload: 'process',
    }),
    maxPayload: byteSize
      .refine((bytes) => bytes >= 1 && bytes <= 67_108_864, { error: 'use 1B to 64MiB' })
      .prefault('1MiB')
      .meta({
        description: 'Largest message with its headers, up to 64MiB.',
        reload: 'process',
        limit: {
          bounds: 'packet',
          why: 'The default of nats-server.',
          client: '-ERR Maximum Payload Violation, and the connection is closed.',
          metric: 'nats_hub_cut_offs_total',
        },
      }),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .prefault(65_536)
      .meta({
        description: 'NATS clients at one time.',
        reload: 'process',
        limit: {
          bounds: 'node',
          why: 'The default of nats-server.',
          client: '-ERR maximum connections exceeded, and the connection is closed.',
          metric: 'nats_hub_cut_offs_total',
        },
      }),
    maxSubscriptions: z
      .int()
      .min(1)
      .max(10_000_000)
      .prefault(1_000_000)
      .meta({
        description: 'Subscriptions of all NATS clients together.',
        reload: 'process',
        limit: {
          bounds: 'node',
          why: 'About 200 MB.',
          client: '-ERR maximum subscriptions exceeded; the subscription is not made.',
        },
      }),
    maxSubscriptionsPerClient: z
      .int()
      .min(1)
      .max(10_000_000)
      .prefault(100_000)
      .meta({
        description: 'Subscriptions of one NATS client.',
        reload: 'process',
        limit: {
          bounds: 'connection',
          why: 'A tenth of what the hub allows.',
          client: '-ERR maximum subscriptions exceeded; the subscription is not made.',
        },
      }),
    maxPending: byteSize.prefault('64MiB').meta({
      description:
        'Bytes on their way to a client that does not read; publishers are slowed from half of it, beyond it the slow consumer is cut off.',
      reload: 'process',
      limit: {
        bounds: 'connection',
        why: 'The default of nats-server.',
        client: '-ERR Slow Consumer, and the connection is closed.',
        metric: 'nats_hub_cut_offs_total',
      },
    }),
    connectTimeout: duration.prefault('3s').meta({
      description: 'A connection that has not sent its first protocol operation after this is closed.',
      reload: 'process',
      limit: {
        bounds: 'connection',
        why: 'Clients on the same machine or network connect at once.',
        client: '-ERR Authentication Timeout, and the connection is closed.',
        metric: 'nats_hub_cut_offs_total',
      },
    }),
    pingInterval: duration
      .refine((ms) => ms >= 100, { error: 'use 100ms or more' })
      .prefault('2m')
      .meta({
        description: 'Time between PINGs to a silent client; two unanswered close it.',
        reload: 'process',
        limit: {
          bounds: 'connection',
          why: 'The default of nats-server.',
          client: '-ERR Stale Connection after two unanswered PINGs, and the connection is closed.',
          metric: 'nats_hub_cut_offs_total',
        },
      }),
  })
  .superRefine((hub, context) => {
    if (hub.allowRemote || hub.authentication !== undefined || isLoopback(hub.bind.host)) return;
    context.addIssue({
      code: 'custom',
      path: ['bind'],
      message: `${hub.bind.host} is reached from other machines, and whoever comes from there may do everything; say in nats.hub.authentication who is asked who they are, bind 127.0.0.1, or set nats.hub.allowRemote: true`,
    });
  })
  .prefault({})
  .meta({ description: 'The embedded NATS hub; it runs only when `nats.servers` is empty.', reload: 'process' });

export type HubOptions = z.output<typeof hubSchema>;
