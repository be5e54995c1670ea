import { z } from 'zod';
import { byteSize, duration } from '../kernel/schema.ts';
import { maxTopicLevels } from '../mqtt/topic-levels.ts';
import { connectionsSchema } from './connections-schema.ts';
import { keepAliveSchema } from './edge/keep-alive-schema.ts';
import { publishRateSchema } from './edge/publish-rate-schema.ts';
import { messageExpiry } from './publish/schema.ts';
import { filtersPerPacket, subscriptionsSchema } from './subscriptions/schema.ts';
import { takeOversSchema } from './take-overs-schema.ts';

/** What a remaining length of four bytes can say, with the header. [MQTT 5, 2.1.4] */
const largestPacket = 268_435_460;
const sizeRange = (least: string): { error: string } => ({ error: `use ${least} to 256MiB` });

export const limitsSchema = z
  .strictObject({
    connectTimeout: duration
      .refine((ms) => ms >= 100 && ms <= 3_600_000, { error: 'use 100ms to 1h' })
      .prefault('10s')
      .meta({
        description:
          'A client that has not sent its CONNECT after this is closed, and so is one that is neither accepted nor refused within as long after it.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Enough for a slow radio link; an open socket that says nothing costs memory.',
          client: 'Its connection is closed without an answer.',
          metric: 'mqtt_unused_connections_total',
        },
      }),
    connectsWaiting: z
      .int()
      .min(1)
      .max(1_000_000)
      .prefault(1_000)
      .meta({
        description:
          'Clients that wait at the same time to be told whether they may connect, because somebody else has to be asked; one more is refused at once. Whoever has to say something itself, by its Authentication Method, is not among them.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'A storm of CONNECTs must not become as many questions; each that waits holds a connection and what was sent behind its CONNECT.',
          client: 'CONNACK 0x97 in MQTT 5, return code 3 before; it may try again.',
          metric: 'mqtt_connects_unanswered_total',
        },
      }),
    authenticationTimeout: duration
      .refine((ms) => ms >= 100 && ms <= 3_600_000, { error: 'use 100ms to 1h' })
      .prefault('5s')
      .meta({
        description:
          'A client about which nobody said within this whether it may connect is refused, and so is one that does not say in time what its Authentication Method needs; `connectTimeout`, which begins anew with the CONNECT, should be longer.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Longer than whoever is asked takes while it works at all, and shorter than clients wait.',
          client:
            'CONNACK 0x88 in MQTT 5, return code 3 before; it may try again. Whoever is silent in its exchange hears 0x87, and so does one that authenticates anew.',
          metric: 'mqtt_connects_unanswered_total',
        },
      }),
    closeTimeout: duration
      .refine((ms) => ms >= 100 && ms <= 3_600_000, { error: 'use 100ms to 1h' })
      .prefault('10s')
      .meta({
        description: 'What a client sent before its DISCONNECT, or before it closed, is handled for so long at most.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Longer than a store or NATS takes to answer while it works at all.',
          client: 'Messages that were not acknowledged may be lost; a DISCONNECT counts all the same.',
          metric: 'mqtt_disconnects_total',
        },
      }),
    connectPacketSize: byteSize
      .refine((bytes) => bytes >= 128 && bytes <= largestPacket, sizeRange('128B'))
      .prefault('64KiB')
      .meta({
        description: 'Largest CONNECT; nothing larger is buffered for a client that is not known yet.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Room for a token of 16 KiB as password beside a will; a plain CONNECT is a few hundred bytes.',
          client:
            'CONNACK 0x95 in MQTT 5, before that the connection is closed, as soon as header and version are read.',
          metric: 'mqtt_refused_total',
        },
      }),
    packetSize: byteSize
      .refine((bytes) => bytes >= 1_024 && bytes <= largestPacket, sizeRange('1KiB'))
      .prefault('1MiB')
      .meta({
        description: 'Largest packet after CONNECT; MQTT 5 clients are told as Maximum Packet Size.',
        reload: 'live',
        limit: {
          bounds: 'packet',
          why: 'Larger things are better sent in parts: a packet is held in memory as a whole.',
          client: 'DISCONNECT 0x95 in MQTT 5, before that the connection is closed, as soon as the header is read.',
          metric: 'mqtt_refused_total',
        },
      }),
    inboundBuffer: byteSize
      .refine((bytes) => bytes >= 1_024, { error: 'use 1KiB or more' })
      .prefault('1MiB')
      .meta({
        description:
          'Bytes of a client that wait to be handled; beyond it reading from that client pauses. Behind a CONNECT that waits it is no more than `connectPacketSize`.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'One packet of the largest size may wait; more would only move a queue from the client into the broker.',
          client: 'Nothing but that it can send no more for a while (TCP flow control).',
        },
      }),
    outboundBuffer: byteSize
      .refine((bytes) => bytes >= 65_536, { error: 'use 64KiB or more' })
      .prefault('16MiB')
      .meta({
        description: 'Bytes on their way to a client that does not read; beyond it that client is disconnected.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Room for a burst of several seconds on a slow link.',
          client: 'QoS 0 messages are left out from half of it on; then its connection is closed.',
          metric: 'mqtt_slow_client_dropped_total',
        },
      }),
    memory: byteSize
      .refine((bytes) => bytes >= 16_777_216, { error: 'use 16MiB or more' })
      .optional()
      .meta({
        description:
          'Bytes on their way, of all connections together: from half of it QoS 0 messages to clients that do not read are left out, above that the connections that most waits for are closed, and then clients that publish or connect wait. Left out: a quarter of the memory of the machine or container.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'The buffers of many slow clients together must not end the process; a quarter leaves room for copies, sessions and the rest.',
          client: 'A client that does not read loses QoS 0 messages, then its connection; a publisher waits.',
          metric: 'memory_short_total',
        },
      }),
    topicLength: byteSize
      .refine((bytes) => bytes >= 64 && bytes <= 65_535, { error: 'use 64B to 65535B' })
      .prefault('4KiB')
      .meta({
        description: 'Longest topic of a message or will, and longest topic filter; what is longer is refused.',
        reload: 'live',
        limit: {
          bounds: 'packet',
          why: 'Topics are read by people and compared level by level; some hundred bytes are a long one.',
          client:
            'SUBACK 0x8F, before MQTT 5 0x80, for that filter. PUBACK, PUBREC or CONNACK 0x90; at QoS 0, and before MQTT 5 where no code says so, the message is dropped.',
          metric: 'mqtt_publish_refused_total',
        },
      }),
    topicLevels: z
      .int()
      .min(1)
      .max(maxTopicLevels)
      .prefault(256)
      .meta({
        description: 'Most levels of a topic that a client may publish or subscribe to; `$share` and its group count.',
        reload: 'live',
        limit: {
          bounds: 'packet',
          why: 'Ten times what a deep namespace has; each level of a filter is held in memory on its own.',
          client:
            'PUBACK or PUBREC 0x90, before MQTT 5 the message is acknowledged and dropped; SUBACK 0x8F, before MQTT 5 0x80. A will with more: CONNACK 0x90, before MQTT 5 return code 5.',
          metric: 'mqtt_publish_refused_total',
        },
      }),
    controlCharacters: z.enum(['take', 'refuse']).prefault('take').meta({
      description:
        'What becomes of topics, topic filters, client ids and user names with control characters or code points that are no characters, which MQTT leaves to the server: U+0001 to U+001F, U+007F to U+009F, U+FDD0 to U+FDEF, and the last two of each plane. With `refuse`: PUBACK, PUBREC and CONNACK 0x90, before MQTT 5 the message is acknowledged and dropped; SUBACK 0x8F, before MQTT 5 0x80; CONNACK 0x85 or 0x86, before MQTT 5 return code 2 or 4.',
      reload: 'live',
    }),
    filtersPerPacket,
    subscriptions: subscriptionsSchema,
    clientIdLength: byteSize
      .refine((bytes) => bytes >= 23 && bytes <= 65_535, { error: 'use 23B to 65535B' }) // [MQTT-3.1.3-5]
      .prefault('1KiB')
      .meta({
        description: 'Longest client id, in UTF-8.',
        reload: 'live',
        limit: {
          bounds: 'session',
          why: 'A certificate name with a serial number has some hundred bytes; the id is held in memory for as long as the session.',
          client: 'CONNACK 0x85, in MQTT 3.1.1 return code 2.',
          metric: 'mqtt_refused_total',
        },
      }),
    sessions: z
      .int()
      .min(1)
      .max(100_000_000)
      .prefault(1_000_000)
      .meta({
        description:
          'Sessions that are kept, those of connected clients included. With `store.type: redis` those of all nodes. Clean sessions do not count.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'About 500 MB of memory; nobody has to be connected for them.',
          client:
            'CONNACK 0x97 for a new session that is to be kept, in MQTT 3.1.1 return code 3; sessions that are there go on, and clean ones begin.',
          metric: 'mqtt_refused_total',
        },
      }),
    sessionExpiry: duration
      .refine((ms) => ms >= 1_000 && ms <= 4_294_967_295_000, { error: 'use 1s to 49710d' })
      .prefault('7d')
      .meta({
        description: 'Longest time that a session is kept for a client that is away, MQTT 3.1.1 clients included.',
        reload: 'live',
        limit: {
          bounds: 'session',
          why: 'A device that is off over a long weekend loses nothing.',
          client: 'In MQTT 5 the shorter expiry stands in the CONNACK; afterwards session present is 0.',
          metric: 'sessions_expired_total',
        },
      }),
    messageExpiry,
    connections: connectionsSchema,
    publishRate: publishRateSchema,
    takeOvers: takeOversSchema,
    keepAlive: keepAliveSchema,
    packetPace: byteSize
      .refine((bytes) => bytes >= 1, { error: 'use 1B or more' })
      .prefault('256B')
      .meta({
        description:
          'Bytes a second, over one and a half keep alives, with which a packet must come that takes longer than that; a client that sends it slower counts as silent.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Slower than any radio link that carries TLS; a byte now and then must not hold a connection.',
          client: 'DISCONNECT 0x8D in MQTT 5, before that the connection is closed.',
          metric: 'mqtt_refused_total',
        },
      }),
    inFlight: z
      .int()
      .min(1)
      .max(65_535)
      .prefault(1_024)
      .meta({
        description:
          'QoS 1 and 2 messages sent to a client before it acknowledges the first; its own Receive Maximum may be lower.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'More messages under way do not make a link faster.',
          client: 'The next message comes after its acknowledgement.',
        },
      }),
    topicAliases: z
      .int()
      .min(0)
      .max(65_535)
      .prefault(32)
      .meta({
        description: 'Topic aliases in each direction of an MQTT 5 connection; 0 turns them off.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Each alias may hold a topic in memory.',
          client: 'Topic Alias Maximum in the CONNACK; a higher alias is DISCONNECT 0x94.',
          metric: 'mqtt_refused_total',
        },
      }),
    responseInformation: z.string().min(1).max(1_024).optional().meta({
      description:
        'Told to MQTT 5 clients that ask where their response topics should begin; `{clientId}` stands for their client id.',
      reload: 'live',
    }),
    receiveMaximum: z
      .int()
      .min(1)
      .max(65_535)
      .prefault(1_024)
      .meta({
        description: 'QoS 1 and 2 messages an MQTT 5 client may send before the first is acknowledged.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Each open exchange is held in memory until it ends.',
          client:
            'Receive Maximum in the CONNACK; one more is DISCONNECT 0x93. Before MQTT 5 the 65,535 packet identifiers are the limit.',
          metric: 'mqtt_refused_total',
        },
      }),
  })
  .prefault({})
  .meta({ description: 'Limits of one connection.', reload: 'live' });

export type LimitsOptions = z.output<typeof limitsSchema>;
