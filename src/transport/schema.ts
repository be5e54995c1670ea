import { z } from 'zod';
import { offersSchema } from '../broker/offers-schema.ts';
import { httpFields } from '../http/schema.ts';
import { formatSocketAddress } from '../kernel/address.ts';
import { byteSize, duration, secretReference, socketAddress } from '../kernel/schema.ts';
import { connectionRateSchema, maxConnectionsPerAddress } from './address-schema.ts';
import { proxySchema } from './proxy/schema.ts';
import { checkTlsFields, clientFields, ownCertificateFields, policyFields } from './tls/schema.ts';

const ticketsSchema = z
  .strictObject({
    rotate: duration
      .refine((ms) => ms >= 60_000 && ms <= 604_800_000, { error: 'use 1m to 7d' }) // 7 days: RFC 8446 4.6.1
      .prefault('12h')
      .meta({
        description:
          'New keys for session tickets after this; those before are still taken for one period. A session older than this is not resumed.',
        reload: 'component',
      }),
    secret: secretReference.optional().meta({
      description:
        'What ticket keys are derived from, at least 32 bytes. Listeners and nodes that share it, `rotate` and, for two-way TLS, their trust anchors resume the sessions of each other. Without it each listener makes its own.',
      reload: 'component',
      secret: true,
    }),
  })
  .prefault({})
  .meta({ description: 'Session tickets of TLS, for cheaper reconnects.', reload: 'component' });

export const listenerSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'use lower-case letters, digits and hyphens, at most 63' })
      .meta({ description: 'Name in log lines and in `access.anonymous`; unique.', reload: 'component' }),
    bind: socketAddress.meta({
      description: 'Address to listen on, host:port; port 0 takes a free port.',
      reload: 'component',
    }),
    tls: z.enum(['off', 'one-way', 'two-way', 'two-way-optional', 'auto']).meta({
      description:
        '`one-way`: the server shows its certificate. `two-way`: clients must show one too. `two-way-optional`: clients may show one; a bad one is refused, and who shows none must be let in by `access`. `off`: plain. `auto`: TLS or plain, by the first byte of each connection.',
      reload: 'component',
    }),
    accept: z
      .array(z.enum(['mqtt', 'websocket', 'http']))
      .min(1)
      .meta({ description: 'What may be spoken on the port, told apart by the first byte.', reload: 'component' }),
    path: z
      .string()
      .startsWith('/')
      .prefault('/mqtt')
      .meta({ description: 'Path of MQTT over WebSocket.', reload: 'component' }),
    websocketMessageSize: byteSize
      .refine((bytes) => bytes >= 1_024 && bytes <= 16_777_216, { error: 'use 1KiB to 16MiB' })
      .prefault('64KiB')
      .meta({
        description:
          'Largest WebSocket message that is sent to a client; more is sent in several, because many libraries close a connection on a message over 1 MiB. What clients send is limited by `limits.packetSize` only.',
        reload: 'component',
        limit: {
          bounds: 'packet',
          why: 'Libraries close a connection on a message over 1 MiB; smaller ones cost more headers.',
          client: 'It gets the rest in the next message.',
        },
      }),
    tcpKeepAlive: duration
      .refine((ms) => ms === 0 || (ms >= 1_000 && ms <= 32_767_000), { error: 'use 1s to 32767s, or 0s for none' })
      .prefault('60s')
      .meta({
        description:
          'After this without a byte the system asks whether the other end is still there, every second; the connection is closed after ten questions without an answer, also where a client asks for no MQTT keep alive. 0s: never.',
        reload: 'component',
        limit: {
          bounds: 'connection',
          why: 'Shorter than NAT routers keep a silent connection, and two packets a minute are cheap.',
          client: 'Its system answers for it; the connection of one that is gone is closed.',
        },
      }),
    handshakeTimeout: duration
      .refine((ms) => ms >= 100 && ms <= 3_600_000, { error: 'use 100ms to 1h' })
      .prefault('10s')
      .meta({
        description: 'A connection that has not got past TLS and its first bytes after this is closed.',
        reload: 'component',
        limit: {
          bounds: 'connection',
          why: 'Enough for TLS on a small device and a slow link.',
          client: 'Its connection is closed.',
          metric: 'connections_dropped_total{reason="handshake-timeout"}',
        },
      }),
    maxPending: z
      .int()
      .min(1)
      .max(1_000_000)
      .prefault(4_096)
      .meta({
        description: 'Connections in the handshake at one time; beyond it the oldest of them is closed.',
        reload: 'component',
        limit: {
          bounds: 'listener',
          why: 'Handshakes of a whole fleet that comes back at once; each costs about 50 KB.',
          client: 'The connection that is longest in its handshake is closed.',
          metric: 'connections_dropped_total{reason="max-pending"}',
        },
      }),
    maxConnections: z
      .int()
      .min(1)
      .max(10_000_000)
      .prefault(100_000)
      .meta({
        description:
          'Connections of this listener at one time; beyond it the oldest in the handshake is closed, or the new one where there is none.',
        reload: 'component',
        limit: {
          bounds: 'listener',
          why: 'About 4 GB of idle TLS connections.',
          client: 'The connection is closed before TLS.',
          metric: 'connections_dropped_total{reason="max-connections"}',
        },
      }),
    authentication: z
      .array(
        z
          .string()
          .regex(/^[a-z]+(\+[a-z]+)*$/, { error: 'use names of providers, joined by + where all of them must accept' }),
      )
      .min(1)
      .max(16)
      .optional()
      .meta({
        description:
          'Who is asked who a client is, in this order: `certificate`, `psk`, `jwt` (`access.jwt`), `http` (`access.http.authenticate`), `nats` (`access.nats.authenticate`), `password` and `scram` (`access.passwords`), `anonymous` (as `access.anonymous` says). The first that accepts or rejects it decides; where nobody knows it, it is refused. Of a client that names an Authentication Method (MQTT 5) those alone are asked who serve it: `scram` and `jwt`. `certificate+password` asks both, and both must accept: the first gives the user name. Left out: certificate, psk, whoever else has settings below `access`, then anonymous.',
        reload: 'component',
      }),
    maxConnectionsPerAddress,
    connectionRate: connectionRateSchema,
    mqtt: offersSchema,
    proxy: proxySchema,
    ...ownCertificateFields,
    ...policyFields,
    ...clientFields,
    ...httpFields,
    tickets: ticketsSchema,
  })
  .superRefine(checkTlsFields)
  .meta({ description: 'One port.', reload: 'component' });

export type ListenerOptions = z.output<typeof listenerSchema>;

export const listenersSchema = z
  .array(listenerSchema)
  .min(1)
  .superRefine((listeners, context) => {
    for (const [index, { name, bind }] of listeners.entries()) {
      const before = listeners.slice(0, index);
      if (before.some((other) => other.name === name))
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: `"${name}" is the name of two listeners; give each its own`,
        });
      if (bind.port !== 0 && before.some((other) => other.bind.port === bind.port && other.bind.host === bind.host))
        context.addIssue({
          code: 'custom',
          path: [index, 'bind'],
          message: `${formatSocketAddress(bind)} is taken by another listener above; one port can serve several protocols with tls: auto`,
        });
    }
  })
  .prefault([
    { name: 'mqtts', bind: '127.0.0.1:8883', tls: 'one-way', accept: ['mqtt'] },
    { name: 'mqtts-two-way', bind: '127.0.0.1:8884', tls: 'two-way', accept: ['mqtt'] },
    { name: 'wss', bind: '127.0.0.1:8084', tls: 'two-way-optional', accept: ['websocket', 'http'] },
  ])
  .meta({ description: 'Ports that clients connect to.', reload: 'component' });
