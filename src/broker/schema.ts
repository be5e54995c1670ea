import { z } from 'zod';
import { byteSize, duration } from '../kernel/schema.ts';

export const limitsSchema = z
  .strictObject({
    connectTimeout: duration
      .prefault('10s')
      .meta({ description: 'A client that has not sent its CONNECT after this is closed.', reload: 'process' }),
    connectPacketSize: byteSize.prefault('16KiB').meta({
      description: 'Largest CONNECT; nothing larger is buffered for a client that is not known yet.',
      reload: 'process',
    }),
    packetSize: byteSize.prefault('1MiB').meta({
      description: 'Largest packet after CONNECT; MQTT 5 clients are told as Maximum Packet Size.',
      reload: 'process',
    }),
    inboundBuffer: byteSize.prefault('1MiB').meta({
      description: 'Bytes of a client that wait to be handled; beyond it reading from that client pauses.',
      reload: 'process',
    }),
    outboundBuffer: byteSize.prefault('16MiB').meta({
      description: 'Bytes on their way to a client that does not read; beyond it that client is disconnected.',
      reload: 'process',
    }),
    sessionExpiry: duration
      .prefault('7d')
      .meta({ description: 'Longest Session Expiry Interval of an MQTT 5 client.', reload: 'process' }),
    receiveMaximum: z.int().min(1).max(65_535).prefault(1_024).meta({
      description: 'QoS 1 and 2 messages a client may send before the first is acknowledged.',
      reload: 'process',
    }),
  })
  .prefault({})
  .meta({ description: 'Limits of one connection.', reload: 'process' });

export type LimitsOptions = z.output<typeof limitsSchema>;
