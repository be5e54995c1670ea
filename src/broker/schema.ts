import { z } from 'zod';
import { byteSize, duration } from '../kernel/schema.ts';

/** What a remaining length of four bytes can say, with the header. [MQTT 5, 2.1.4] */
const largestPacket = 268_435_460;
const sizeRange = (least: string): { error: string } => ({ error: `use ${least} to 256MiB` });

export const limitsSchema = z
  .strictObject({
    connectTimeout: duration
      .refine((ms) => ms >= 100 && ms <= 3_600_000, { error: 'use 100ms to 1h' })
      .prefault('10s')
      .meta({ description: 'A client that has not sent its CONNECT after this is closed.', reload: 'process' }),
    connectPacketSize: byteSize
      .refine((bytes) => bytes >= 128 && bytes <= largestPacket, sizeRange('128B'))
      .prefault('16KiB')
      .meta({
        description: 'Largest CONNECT; nothing larger is buffered for a client that is not known yet.',
        reload: 'process',
      }),
    packetSize: byteSize
      .refine((bytes) => bytes >= 1_024 && bytes <= largestPacket, sizeRange('1KiB'))
      .prefault('1MiB')
      .meta({
        description: 'Largest packet after CONNECT; MQTT 5 clients are told as Maximum Packet Size.',
        reload: 'process',
      }),
    inboundBuffer: byteSize
      .refine((bytes) => bytes >= 1_024, { error: 'use 1KiB or more' })
      .prefault('1MiB')
      .meta({
        description: 'Bytes of a client that wait to be handled; beyond it reading from that client pauses.',
        reload: 'process',
      }),
    outboundBuffer: byteSize
      .refine((bytes) => bytes >= 65_536, { error: 'use 64KiB or more' })
      .prefault('16MiB')
      .meta({
        description: 'Bytes on their way to a client that does not read; beyond it that client is disconnected.',
        reload: 'process',
      }),
    sessionExpiry: duration
      .refine((ms) => ms >= 1_000 && ms <= 4_294_967_295_000, { error: 'use 1s to 49710d' })
      .prefault('7d')
      .meta({
        description: 'Longest time that a session is kept for a client that is away, MQTT 3.1.1 clients included.',
        reload: 'process',
      }),
    keepAlive: duration
      .refine((ms) => ms === 0 || (ms >= 1_000 && ms <= 65_535_000), { error: 'use 1s to 65535s, or 0s for no limit' })
      .prefault('0s')
      .meta({
        description:
          'Longest keep alive of an MQTT 5 client: one that asks for more, or for none, is told this one. 0s: no limit.',
        reload: 'process',
      }),
    inFlight: z.int().min(1).max(65_535).prefault(1_024).meta({
      description:
        'QoS 1 and 2 messages sent to a client before it acknowledges the first; its own Receive Maximum may be lower.',
      reload: 'process',
    }),
    topicAliases: z.int().min(0).max(65_535).prefault(32).meta({
      description: 'Topic aliases in each direction of an MQTT 5 connection; 0 turns them off.',
      reload: 'process',
    }),
    responseInformation: z.string().min(1).max(1_024).optional().meta({
      description:
        'Told to MQTT 5 clients that ask where their response topics should begin; `{clientId}` stands for their client id.',
      reload: 'process',
    }),
    receiveMaximum: z.int().min(1).max(65_535).prefault(1_024).meta({
      description: 'QoS 1 and 2 messages a client may send before the first is acknowledged.',
      reload: 'process',
    }),
  })
  .prefault({})
  .meta({ description: 'Limits of one connection.', reload: 'process' });

export type LimitsOptions = z.output<typeof limitsSchema>;
