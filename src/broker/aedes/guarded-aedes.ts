import { Aedes } from 'aedes';
import type { EngineStream } from './engine-stream.ts';
import type { Done, EngineClient, EngineOptions, EnginePacket } from './engine-types.ts';

/** What we use of Aedes, typed by what it takes from us. */
interface AedesBroker {
  clients: Record<string, EngineClient>;
  brokers: Record<string, unknown>;
  listen(): Promise<void>;
  handle(stream: EngineStream): EngineClient;
  publish(packet: EnginePacket, client: EngineClient | null | Done, done?: Done): void;
  close(done: () => void): void;
  on(event: 'clientError' | 'connectionError', listener: (client: EngineClient, error: unknown) => void): this;
  on(event: 'clientReady' | 'clientDisconnect', listener: (client: EngineClient) => void): this;
  on(event: 'connackSent', listener: (connack: SentConnack, client: EngineClient) => void): this;
  on(event: 'error', listener: (error: unknown) => void): this;
}

/** A CONNACK as the engine reports it: `returnCode` in 3.x, `reasonCode` in 5. */
export interface SentConnack {
  readonly returnCode?: number;
  readonly reasonCode?: number;
}

const AedesClass = Aedes as unknown as new (options: EngineOptions) => AedesBroker;

/** Aedes with the defects cured that reach into its class. */
export class GuardedAedes extends AedesClass {
  constructor(options: EngineOptions) {
    super(options);
    // GHSA-52qw-whmv-87c5: both are indexed by what clients send
    this.clients = Object.create(null) as Record<string, EngineClient>;
    this.brokers = Object.create(null) as Record<string, unknown>;
  }

  /** The Will Delay Interval is ours to obey and not the subscribers' to see. [MQTT-3.1.3-9] */
  override publish(packet: EnginePacket, client: EngineClient | null | Done, done?: Done): void {
    if (packet.properties?.willDelayInterval === undefined) {
      super.publish(packet, client, done);
      return;
    }
    const { willDelayInterval: _, ...properties } = packet.properties;
    super.publish({ ...packet, properties }, client, done);
  }
}
