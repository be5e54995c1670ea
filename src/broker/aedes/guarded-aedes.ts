import { Aedes } from 'aedes';
import mqttPacket from 'mqtt-packet';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { StoredPacket } from '../session-store.ts';
import type { EngineSocket } from './engine-socket.ts';
import type { EngineClient, EngineOptions } from './engine-types.ts';

/** What we use of Aedes, typed by what it takes from us. */
interface AedesBroker {
  clients: Record<string, EngineClient>;
  brokers: Record<string, unknown>;
  readonly closed: boolean;
  maxTopicLevels: number;
  sessionExpiryIntervalLimit: number;
  _clearWillInterval: NodeJS.Timeout | undefined;
  listen(): Promise<void>;
  handle(socket: EngineSocket): EngineClient;
  publish(): void;
  close(done: () => void): void;
  registerClient(client: EngineClient): void;
  unregisterClient(client: EngineClient): void;
  clearDelayedWill(clientId: string): void;
  publishWill(client: EngineClient, will: StoredPacket): void;
  scheduleWill(client: EngineClient, will: StoredPacket, delaySeconds: number): void;
  on(event: 'clientError' | 'connectionError', listener: (client: EngineClient, error: unknown) => void): this;
  on(event: 'error', listener: (error: unknown) => void): this;
}

const AedesClass = Aedes as unknown as new (options: EngineOptions) => AedesBroker;

export interface GuardedAedesHooks {
  /** The client is known, and nobody else is connected under its client id. */
  readonly registered: (client: EngineClient) => void;
  /** The client was gone before it was known. */
  readonly abandoned: (client: EngineClient) => void;
  /** The client is gone, and was known. */
  readonly disconnected: (client: EngineClient) => void;
  /** The will of a client that is gone is due. @param isCurrent nobody else is connected under its client id */
  readonly willDue: (client: EngineClient, will: StoredPacket, isCurrent: boolean) => void;
  /** The will of a client that is gone waits for its delay. */
  readonly willDelayed: (client: EngineClient, will: StoredPacket, delaySeconds: number) => void;
}

/** Aedes with the defects cured that reach into its class. */
export class GuardedAedes extends AedesClass {
  readonly #hooks: GuardedAedesHooks;
  /** Publishes the will that waits for its delay, by client id. */
  readonly #delayedWills = new Map<string, () => void>();
  /** Clients that are known, or were. The engine closes one that is not known yet as if it was. */
  readonly #registered = new WeakSet<EngineClient>();
  /** Told when a client that has to make way is gone. */
  readonly #gone = new WeakMap<EngineClient, () => void>();

  constructor(options: EngineOptions, hooks: GuardedAedesHooks) {
    super(options);
    this.#hooks = hooks;
    this.maxTopicLevels = Number.POSITIVE_INFINITY; // the edge has a limit; the engine's is for a matcher that we do not use
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

  /**
   * Sends whoever is connected under the client id away. [MQTT-3.1.4-3] In the engine this comes after the session was
   * looked up, and two CONNECTs wait for the end of the same connection.
   *
   * @param isCleanStart the session ends now, and with it the delay of its will [MQTT-3.1.3-9]
   * @returns when nothing of that connection is under way any more
   */
  async makeWay(clientId: string, isCleanStart: boolean): Promise<void> {
    const current = this.clients[clientId];
    if (current !== undefined)
      await new Promise<void>((resolve) => {
        this.#gone.set(current, resolve);
        current.disconnect({ reasonCode: reasonCodes.sessionTakenOver }, () => undefined);
      });
    if (!isCleanStart) return;
    this.#delayedWills.get(clientId)?.();
    this.clearDelayedWill(clientId);
  }

  /** From here on CONNECT is ours: the engine would send a CONNACK that says too little, and then all that is queued. */
  override registerClient(client: EngineClient): void {
    if (client.closed) {
      this.#hooks.abandoned(client);
      return;
    }
    this.#delayedWills.delete(client.id ?? '');
    this.#registered.add(client);
    super.registerClient(client);
    client.connecting = false; // without it the engine cannot write, and ends its work on CONNECT
    this.#hooks.registered(client);
  }

  /** The engine would forget whoever is connected under the client id. */
  override unregisterClient(client: EngineClient): void {
    if (this.#registered.has(client)) super.unregisterClient(client);
  }

  /** It would publish nothing but what it tells other nodes of itself, which would never leave this one. */
  override publish(): void {}

  /** When its session goes on before, the will is not sent. */
  override scheduleWill(client: EngineClient, will: StoredPacket, delaySeconds: number): void {
    this.#delayedWills.set(client.id ?? '', () => this.publishWill(client, will));
    super.scheduleWill(client, will, delaySeconds);
    this.#hooks.willDelayed(client, will, delaySeconds);
  }

  /** Messages are the publisher's. The engine would also remove the will of the client that came back from the store. */
  override publishWill(client: EngineClient, will: StoredPacket): void {
    const id = client.id ?? '';
    this.#delayedWills.delete(id);
    const current = this.clients[id];
    this.#hooks.willDue(client, will, current === undefined || current === client);
  }

  /** The engine forgets about sessions of 3.x, and about all of them when the process ends. */
  scheduleSessionExpiry(client: EngineClient): void {
    if (!this.#registered.has(client)) return;
    this.#hooks.disconnected(client);
    this.#gone.get(client)?.();
  }
}
