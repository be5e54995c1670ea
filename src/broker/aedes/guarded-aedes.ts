import { Aedes } from 'aedes';
import mqttPacket from 'mqtt-packet';
import type { EngineSocket } from './engine-socket.ts';
import type { Done, EngineClient, EngineOptions, EnginePacket } from './engine-types.ts';

/** What we use of Aedes, typed by what it takes from us. */
interface AedesBroker {
  clients: Record<string, EngineClient>;
  brokers: Record<string, unknown>;
  readonly closed: boolean;
  /** Ids of which one connection is replacing another. */
  readonly _takingOver: ReadonlySet<string>;
  _clearWillInterval: NodeJS.Timeout | undefined;
  listen(): Promise<void>;
  handle(socket: EngineSocket): EngineClient;
  publish(packet: EnginePacket, client: EngineClient | null | Done, done?: Done): void;
  close(done: () => void): void;
  registerClient(client: EngineClient): void;
  _finishRegisterClient(client: EngineClient): void;
  publishWill(client: EngineClient, will: EnginePacket): void;
  authorizePublish(client: EngineClient | null, packet: EnginePacket, done: Done): void;
  scheduleWill(client: EngineClient, will: EnginePacket, delaySeconds: number): void;
  on(event: 'clientError' | 'connectionError', listener: (client: EngineClient, error: unknown) => void): this;
  on(event: 'error', listener: (error: unknown) => void): this;
  on(event: 'subscribe', listener: (subscriptions: unknown, client: EngineClient) => void): this;
}

const AedesClass = Aedes as unknown as new (options: EngineOptions) => AedesBroker;

export interface GuardedAedesHooks {
  /** The client is known, and nobody else is connected under its client id. */
  readonly registered: (client: EngineClient) => void;
  /** The client is gone. */
  readonly disconnected: (client: EngineClient) => void;
  /** The will of a client that is gone is published, and needs not be kept. */
  readonly willPublished: (clientId: string) => void;
  /** The will of a client that is gone waits for its delay. */
  readonly willDelayed: (client: EngineClient, will: EnginePacket, delaySeconds: number) => void;
}

/** Aedes with the defects cured that reach into its class. */
export class GuardedAedes extends AedesClass {
  /** Who subscribed last. The engine asks for its retained messages at once, without saying for whom. */
  subscriber: EngineClient | undefined;
  readonly #hooks: GuardedAedesHooks;
  /** Publishes the will that waits for its delay, by client id. */
  readonly #delayedWills = new Map<string, () => void>();
  /** Client ids of connections that begin a new session and send an older connection away. */
  readonly #freshStarts = new Set<string>();

  constructor(options: EngineOptions, hooks: GuardedAedesHooks) {
    super(options);
    this.#hooks = hooks;
    this.on('subscribe', (_subscriptions, client) => {
      this.subscriber = client;
    });
    mqttPacket.writeToStream.cacheNumbers = false; // 65,536 buffers, for packets that the edge writes itself
    // GHSA-52qw-whmv-87c5: both are indexed by what clients send
    this.clients = Object.create(null) as Record<string, EngineClient>;
    this.brokers = Object.create(null) as Record<string, unknown>;
  }

  /** The engine takes the wills of every node that it has not heard of for those of a dead one. */
  override async listen(): Promise<void> {
    await super.listen();
    clearInterval(this._clearWillInterval);
  }

  /** From here on CONNECT is ours: the engine would send a CONNACK that says too little, and then all that is queued. */
  override registerClient(client: EngineClient): void {
    const id = client.id ?? '';
    if (client._cleanStart === true) {
      this.#freshStarts.add(id);
      this.#delayedWills.get(id)?.();
    }
    this.#delayedWills.delete(id);
    super.registerClient(client);
    client.connecting = false; // without it the engine cannot write, and ends its work on CONNECT
  }

  override _finishRegisterClient(client: EngineClient): void {
    super._finishRegisterClient(client);
    this.#freshStarts.delete(client.id ?? '');
    this.#hooks.registered(client);
  }

  /**
   * The Will Delay Interval is ours to obey and not the subscribers' to see. [MQTT-3.1.3-9] What the engine tells other
   * nodes of itself would never leave this one.
   */
  override publish(packet: EnginePacket, client: EngineClient | null | Done, done?: Done): void {
    if (typeof client === 'function' && packet.topic.startsWith('$SYS/')) return;
    if (packet.properties?.willDelayInterval === undefined) {
      super.publish(packet, client, done);
      return;
    }
    const { willDelayInterval: _, ...properties } = packet.properties;
    super.publish({ ...packet, properties }, client, done);
  }

  override scheduleWill(client: EngineClient, will: EnginePacket, delaySeconds: number): void {
    const id = client.id ?? '';
    if (this.#freshStarts.has(id)) {
      this.publishWill(client, will); // its session ends now, and with it the delay [MQTT-3.1.3-9]
      return;
    }
    if (this._takingOver.has(id)) return; // its session goes on, so the will is not sent
    this.#delayedWills.set(id, () => this.publishWill(client, will));
    super.scheduleWill(client, will, delaySeconds);
    this.#hooks.willDelayed(client, will, delaySeconds);
  }

  /** The engine would remove the will of the client that took over from the store. */
  override publishWill(client: EngineClient, will: EnginePacket): void {
    const id = client.id ?? '';
    this.#delayedWills.delete(id);
    this.authorizePublish(client, will, (refused) => {
      if (refused == null) this.publish(will, client);
      const current = this.clients[id];
      if (!this._takingOver.has(id) && (current === undefined || current === client)) this.#hooks.willPublished(id);
    });
  }

  /** The engine forgets about sessions of 3.x, and about all of them when the process ends. */
  scheduleSessionExpiry(client: EngineClient): void {
    if (client.id !== null && !this._takingOver.has(client.id)) this.#hooks.disconnected(client);
  }
}
