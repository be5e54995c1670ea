import { z } from 'zod';
import { byteSize, duration, onFull, queueAge, queueBytes } from '../kernel/schema.ts';

export const codecSchema = z
  .strictObject({
    compat: z.enum(['nats-2.10+', 'nats-2.9', 'emqx-gateway', 'custom']).prefault('nats-2.10+').meta({
      description:
        'Whose rules to share: nats-server 2.10 and later, 2.9 and earlier (no `.` in topics), the NATS gateway of EMQX (`/` and `.` only), or `dot` and `emptyLevel` as given.',
      reload: 'process',
    }),
    special: z.enum(['escape', 'refuse']).prefault('escape').meta({
      description:
        'White space, control characters, `*` and `>` in topics: `escape` writes them as `/xHH`; `refuse` drops such messages, for fleets that also connect to the MQTT port of nats-server.',
      reload: 'process',
    }),
    dot: z
      .enum(['double-slash', 'refuse'])
      .optional()
      .meta({ description: '`.` in a topic level: `//` or refused. Only with `compat: custom`.', reload: 'process' }),
    emptyLevel: z
      .enum(['slash', 'refuse'])
      .optional()
      .meta({ description: 'An empty topic level: `/` or refused. Only with `compat: custom`.', reload: 'process' }),
  })
  .superRefine((value, context) => {
    if (value.compat === 'custom') return;
    for (const field of ['dot', 'emptyLevel'] as const)
      if (value[field] !== undefined)
        context.addIssue({
          code: 'custom',
          path: [field],
          message: `"${field}" is decided by compat: ${value.compat}; leave it out, or write compat: custom`,
        });
  })
  .prefault({})
  .meta({ description: 'How topics are spelled as subjects.', reload: 'process' });

export type CodecConfig = z.output<typeof codecSchema>;

const jetStreamName = z.string().regex(/^(?!.*[.*>/\\])[!-~]{1,255}$/, {
  error: 'use up to 255 printable characters without white space and . * > / \\, as JetStream does',
});

const streamSchema = z.strictObject({
  stream: jetStreamName.meta({ description: 'Name of the stream.', reload: 'live' }),
  consumer: jetStreamName.meta({
    description:
      'Name of the durable pull consumer, which remembers what was taken; it is made where there is none. Nodes that name the same one share its messages; name one for each node where every node shall have all.',
    reload: 'live',
  }),
  begin: z.enum(['new', 'all']).prefault('new').meta({
    description: 'Where a consumer that is made begins: with what comes from then on, or with all that the stream has.',
    reload: 'live',
  }),
  ackWait: duration
    .refine((ms) => ms >= 1_000 && ms <= 3_600_000, { error: 'use 1s to 1h' })
    .prefault('30s')
    .meta({
      description:
        'Of a consumer that is made: a message that this node has taken and not acknowledged comes again after it, as after the end of the process. For what waits for a slow client JetStream is told to go on waiting.',
      reload: 'live',
    }),
  maxInFlight: z
    .int()
    .min(1)
    .max(100_000)
    .prefault(1_000)
    .meta({
      description:
        'Messages that are taken and not acknowledged; no more are asked for. Their bytes count for bridge.maxPending.',
      reload: 'live',
      limit: {
        bounds: 'node',
        why: 'A batch of commits, and what a client acknowledges in a moment.',
        client: 'Nothing: JetStream keeps the others until there is room.',
        metric: 'bridge_stream_in_flight',
      },
    }),
});

export type StreamOptions = z.output<typeof streamSchema>;

export const bridgeRuleSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'use lower-case letters, digits and hyphens, at most 63' })
    .meta({ description: 'Name in log lines and counters; unique.', reload: 'live' }),
  topic: z.string().min(1).meta({
    description:
      'Topic filter (`signal/#`, `a/+`) or pattern with captures: `{site}` is one level, `{rest...}` all that follow.',
    reload: 'live',
  }),
  subject: z.string().min(1).meta({
    description:
      'NATS subject pattern with the same wildcards (`signal.>`, `a.*`) or captures (`plants.{site}.{rest...}`); starts with a fixed token.',
    reload: 'live',
  }),
  direction: z
    .enum(['both', 'to-nats', 'from-nats'])
    .prefault('both')
    .meta({ description: 'Which way messages go.', reload: 'live' }),
  ack: z.enum(['local', 'nats', 'jetstream']).prefault('local').meta({
    description:
      'When a QoS 1 or 2 publisher is acknowledged: this node has the message, the NATS server or the outbox on disk has it, or JetStream has stored it. What is not confirmed is refused (0x97, before MQTT 5 by closing the connection) and delivered to nobody; so is everything while NATS is away with `jetstream`, and with `nats` where store.type is not disk, as there is no outbox then.',
    reload: 'live',
  }),
  qos: z.literal([0, 1, 2]).prefault(1).meta({
    description:
      'QoS of messages from plain NATS clients, which name none; 1 lets persistent MQTT sessions receive them. An `Mqtt-Qos` header wins.',
    reload: 'live',
  }),
  subscribe: z.enum(['always', 'on-demand']).prefault('always').meta({
    description:
      'When the broker takes messages of the rule from NATS: always, or only while a connected client subscribes to a topic that they may come on. With `on-demand` sessions that are away and retained messages miss what comes meanwhile.',
    reload: 'live',
  }),
  queue: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, {
      error: 'use letters, digits, hyphens and underscores, at most 63',
    })
    .optional()
    .meta({
      description:
        'Queue group at NATS: of all nodes (and NATS services) that name the same group, one gets each message from NATS, for its own clients and sessions. Without it every node gets every message.',
      reload: 'live',
    }),
  jetstream: streamSchema.optional().meta({
    description:
      'Takes the messages from NATS out of a stream of JetStream, at the pace of the broker: each is acknowledged when every queue that gets it has it, and none is lost on the way. Without it they are those that are published while the broker is connected. Needs a NATS server with JetStream.',
    reload: 'live',
  }),
  lenient: z.boolean().prefault(false).meta({
    description: 'Take a `/` inside a NATS token as a plain `/` of the topic instead of dropping the message.',
    reload: 'live',
  }),
});
export type BridgeRuleOptions = z.output<typeof bridgeRuleSchema>;

const outboxSchema = z
  .strictObject({
    messages: z
      .int()
      .min(1)
      .max(100_000_000)
      .prefault(1_000_000)
      .meta({
        description: 'Messages kept for one rule.',
        reload: 'process',
        limit: {
          bounds: 'node',
          why: 'Hours of a busy rule while NATS is away.',
          client: 'What `bridge.outbox.onFull` says.',
          metric: 'bridge_outbox_dropped_total',
        },
      }),
    bytes: queueBytes.prefault('1GiB').meta({
      description: 'Bytes of subject, headers and payload kept for one rule.',
      reload: 'process',
      limit: {
        bounds: 'node',
        why: '1 KiB for each of that many messages.',
        client: 'What `bridge.outbox.onFull` says.',
        metric: 'bridge_outbox_dropped_total',
      },
    }),
    age: queueAge.prefault('7d').meta({
      description: 'A message that waited longer is dropped.',
      reload: 'process',
      limit: {
        bounds: 'node',
        why: 'As long as a session is kept.',
        client: 'Nothing: it was acknowledged.',
        metric: 'bridge_outbox_dropped_total',
      },
    }),
    onFull: onFull.prefault('refuse').meta({
      description:
        'What happens to one message more: drop-oldest makes room, drop-newest acknowledges it and leaves it out, refuse does not acknowledge it to its publisher.',
      reload: 'process',
    }),
  })
  .prefault({})
  .meta({
    description:
      'Limits of what rules with `ack: nats` keep on disk while NATS is away, with `store.type: disk`, in the folder `outbox` of store.directory.',
    reload: 'process',
  });

export const bridgeSchema = z
  .strictObject({
    rules: z
      .array(bridgeRuleSchema)
      .prefault([{ name: 'signal', topic: 'signal/#', subject: 'signal.>' }])
      .meta({ description: 'Which topics are which subjects.', reload: 'live' }),
    maxHops: z
      .int()
      .min(1)
      .max(64)
      .prefault(8)
      .meta({
        description: 'Nodes a message may pass before it is dropped.',
        reload: 'process',
        limit: {
          bounds: 'packet',
          why: 'More nodes than a message needs to pass in any sane topology.',
          client: 'Nothing: the message does not arrive.',
          metric: 'bridge_loop_dropped_total',
        },
      }),
    maxCrossings: z
      .int()
      .min(0)
      .max(1_000_000)
      .prefault(100)
      .meta({
        description:
          'Times that others than its first sender may send the same payload on the same subject within two seconds, and 16 times as often as that one, before it counts as going round through a foreign bridge. 0: no limit.',
        reload: 'process',
        limit: {
          bounds: 'node',
          why: 'A loop on one machine crosses hundreds of times a second; people and sensors do not repeat each other like that.',
          client: 'The copies are not passed on; the log names both ends.',
          metric: 'bridge_loop_dropped_total',
        },
      }),
    echo: z.enum(['auto', 'on']).prefault('auto').meta({
      description:
        'Whether NATS gives this node back what it sent, for rules that take it under another topic. auto: where a rule takes subjects that another rule sends to. on: always, for a nats-server that maps subjects. Each message to NATS then comes back once more.',
      reload: 'process',
    }),
    maxPending: byteSize.prefault('64MiB').meta({
      description: 'Bytes from NATS that the broker has not taken yet; beyond it messages from NATS are dropped.',
      reload: 'process',
      limit: {
        bounds: 'node',
        why: 'A burst of NATS of about a second.',
        client: 'Nothing: QoS 0 messages from NATS do not arrive.',
        metric: 'bridge_dropped_total',
      },
    }),
    maxHeld: byteSize.prefault('64MiB').meta({
      description:
        'Bytes from NATS that wait in memory, over all sessions, for connected clients that have half of store.queue to catch up with; beyond it the newest are dropped for that client.',
      reload: 'process',
      limit: {
        bounds: 'node',
        why: 'A burst of NATS is taken at the pace of the client; nobody can ask a publisher of core NATS to wait.',
        client: 'It misses what did not fit; the log names it.',
        metric: 'mqtt_held_dropped_total',
      },
    }),
    ackTimeout: duration.prefault('5s').meta({
      description:
        'What NATS has not confirmed by then goes to the outbox in rules with `ack: nats`, or is refused where there is none; what JetStream has not confirmed is refused in rules with `ack: jetstream`.',
      reload: 'process',
      limit: {
        bounds: 'packet',
        why: 'Longer than a new leader of a stream takes.',
        client: 'The message is kept in the outbox, or refused with 0x97.',
        metric: 'bridge_unacknowledged_total',
      },
    }),
    onUnsendable: z.enum(['drop', 'refuse']).prefault('drop').meta({
      description:
        'What happens in rules with `ack: nats` or `ack: jetstream` to a message of a client before MQTT 5 that NATS will never take, being too large, too long in its subject, or forbidden: `drop` acknowledges it, delivers it to MQTT clients only and counts it; `refuse` closes the connection, and the client sends it again. MQTT 5 clients are told by the reason code (0x83, 0x87, 0x90).',
      reload: 'process',
    }),
    outbox: outboxSchema,
    codec: codecSchema,
  })
  .prefault({})
  .meta({ description: 'The bridge between MQTT and NATS.', reload: 'process' });

export type BridgeOptions = z.output<typeof bridgeSchema>;
