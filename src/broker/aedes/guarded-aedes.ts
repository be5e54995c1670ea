import { Aedes } from 'aedes';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { StoredMessage } from '../store-port.ts';
import { ConnectedUsers } from './connected-users.ts';
import type { EngineClient, EngineOptions } from './engine-types.ts';

/** What we use of Aedes, typed by what it takes from us. */
interface AedesBroker {
  clients: Record<string, EngineClient>;
  readonly closed: boolean;
  sessionExpiryIntervalLimit: number;
  _clearWillInterval: NodeJS.Timeout | undefined;
  listen(): Promise<void>;
  publish(): void;
  close(done: () => void): void;
  registerClient(client: EngineClient): void;
  clearDelayedWill(clientId: string): void;
  clampSessionExpiry(seconds: number): number;
  publishWill(client: EngineClient, will: StoredMessage): void;
  scheduleWill(client: EngineClient, will: StoredMessage, delaySeconds: number): void;
  on(event: 'error', listener: (error: unknown) => void): this;
}

const AedesClass = Aedes as unknown as new (options: EngineOptions) => AedesBroker;

export interface GuardedAedesHooks {
  /** The client is gone, and was known. */
  readonly disconnected: (client: EngineClient) => void;
  /** The will of a client that is gone is due. @param isCurrent nobody else is connected under its client id */
  readonly willDue: (client: EngineClient, will: StoredMessage, isCurrent: boolean) => void;
  /** The will of a client that is gone waits for its delay. */
  readonly willDelayed: (client: EngineClient, will: StoredMessage, delaySeconds: number) => void;
}

/**
 * Aedes with the defects cured that reach into its class. Its clients are ours: those of its own making have a parser, a
 * stream, timers and some dozen listeners and closures each, nothing of which is used where packets come whole and the
 * edge writes.
 */
export class GuardedAedes extends AedesClass {
  // GHSA-52qw-whmv-87c5: it is indexed by what clients send
  override readonly clients: Record<string, EngineClient> = Object.create(null) as Record<string, EngineClient>;
  readonly connected = new ConnectedUsers();
  readonly #hooks: GuardedAedesHooks;
  /** Publishes the will that waits for its delay, by client id. */
  readonly #delayedWills = new Map<string, () => void>();
  /** Told when a client that has to make way is gone. */
  readonly #gone = new WeakMap<EngineClient, () => void>();

  constructor(options: EngineOptions, hooks: GuardedAedesHooks) {
    super(options);
    this.#hooks = hooks;
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
   * @returns when nothing of that connection is under way any more; undefined where there is none
   */
  makeWay(clientId: string, isCleanStart: boolean): Promise<void> | undefined {
    const current = this.clients[clientId];
    if (current === undefined) {
      if (isCleanStart) this.#endDelay(clientId);
      return undefined;
    }
    const gone = new Promise<void>((resolve) => {
      this.#gone.set(current, resolve);
      current.disconnect({ reasonCode: reasonCodes.sessionTakenOver });
    });
    return isCleanStart ? gone.then(() => this.#endDelay(clientId)) : gone;
  }

  /** The client is known: nobody else is connected under its client id, and an earlier will goes with its session. */
  override registerClient(client: EngineClient): void {
    const { id } = client;
    if (this.#delayedWills.delete(id)) this.clearDelayedWill(id);
    this.clients[id] = client;
    this.connected.add(client);
  }

  /** A client that was known is gone. */
  unregister(client: EngineClient): void {
    delete this.clients[client.id];
    this.connected.delete(client);
    this.#hooks.disconnected(client);
    this.#gone.get(client)?.();
  }

  /** It would publish nothing but what it tells other nodes of itself, which would never leave this one. */
  override publish(): void {}

  /** When its session goes on before, the will is not sent. */
  override scheduleWill(client: EngineClient, will: StoredMessage, delaySeconds: number): void {
    this.#delayedWills.set(client.id, () => this.publishWill(client, will));
    super.scheduleWill(client, will, delaySeconds);
    this.#hooks.willDelayed(client, will, delaySeconds);
  }

  /** Messages are the publisher's. The engine would also remove the will of the client that came back from the store. */
  override publishWill(client: EngineClient, will: StoredMessage): void {
    this.#delayedWills.delete(client.id);
    const current = this.clients[client.id];
    this.#hooks.willDue(client, will, current === undefined || current === client);
  }

  #endDelay(clientId: string): void {
    const publish = this.#delayedWills.get(clientId);
    if (publish === undefined) return;
    publish();
    this.clearDelayedWill(clientId);
  }
}
