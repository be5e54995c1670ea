import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { expect } from 'vitest';
import { type NatsServer, startNatsServer } from './nats-server.ts';
import { patienceMs } from './patience.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A nats-server with JetStream on disk, and a stream. */
export interface StreamServer extends AsyncDisposable {
  readonly nats: NatsServer;
  readonly url: string;
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  /** Messages that the stream has. */
  stored(): Promise<number>;
  /** Their payloads, oldest first. */
  payloads(): Promise<string[]>;
  /** Kept when the stream has them all. */
  publish(subject: string, payloads: readonly (string | Uint8Array)[]): Promise<void>;
  /** Messages that a consumer has not given, and given and not had acknowledged. */
  left(consumer: string): Promise<{ readonly pending: number; readonly unacknowledged: number }>;
}

/** The stream has the name `all`. @param config more of it */
export async function startStreamServer(config: object = {}): Promise<StreamServer> {
  const directory = await temporaryDirectory();
  const nats = await startNatsServer({ config: `jetstream { store_dir: "${directory.path}" }` });
  const connection = await connect({ servers: nats.url, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
  const manager = await jetstreamManager(connection, { timeout: patienceMs });
  await manager.streams.add({ name: 'all', subjects: ['a.>'], ...config });
  return {
    nats,
    url: nats.url,
    connection,
    manager,
    stored: async () => (await manager.streams.info('all')).state.messages,
    async payloads() {
      // right after a restart of nats-server JetStream, or the connection, may not be back yet
      await expect.poll(() => manager.streams.info('all').then(() => 'answers')).toBe('answers');
      const { state } = await manager.streams.info('all');
      const found: string[] = [];
      for (let seq = 1; seq <= state.last_seq; seq++)
        found.push((await manager.streams.getMessage('all', { seq }))?.string() ?? '');
      return found;
    },
    async publish(subject, payloads) {
      const last = payloads.at(-1);
      if (last === undefined) return;
      for (const payload of payloads.slice(0, -1)) connection.publish(subject, payload);
      await jetstream(connection, { timeout: patienceMs }).publish(subject, last); // the stream keeps their order
    },
    async left(consumer) {
      const { num_pending: pending, num_ack_pending: unacknowledged } = await manager.consumers.info('all', consumer);
      return { pending, unacknowledged };
    },
    async [Symbol.asyncDispose]() {
      await connection.close();
      await nats[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
