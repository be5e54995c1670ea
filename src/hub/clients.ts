import type { Socket } from 'node:net';
import { HubClient } from './client.ts';
import type { HubContext } from './context.ts';
import type { InfoFacts } from './info.ts';

type ClientFacts = Pick<InfoFacts, 'clientId' | 'clientIp' | 'isLeaving'>;

/** All connections of a hub. */
export class Clients {
  readonly #hub: HubContext;
  readonly #info: (client: ClientFacts) => string;
  readonly #all = new Set<HubClient>();
  /** Those of `#all` that were one too many, and are on their way out. */
  readonly #refused = new Set<HubClient>();
  #lastId = 0;
  #whenEmpty: (() => void)[] = [];

  /** @param info makes the INFO line of a client. */
  constructor(hub: HubContext, info: (client: ClientFacts) => string) {
    this.#hub = hub;
    this.#info = info;
  }

  /** Greets a new connection; one too many is told so and closed. */
  accept(socket: Socket): void {
    const { options, stats } = this.#hub;
    this.#lastId += 1;
    const client = new HubClient(this.#lastId, socket, this.#hub, (gone) => this.#released(gone));
    client.say(this.#info({ clientId: client.id, clientIp: client.address, isLeaving: false }));
    this.#all.add(client);
    if (stats.connections >= options.maxConnections) {
      this.#refused.add(client);
      client.cut('too-many-connections');
    }
    stats.connections = this.#all.size - this.#refused.size;
  }

  tick(): void {
    const now = this.#hub.clock.monotonic();
    for (const client of this.#all) client.tick(now);
  }

  /** Says goodbye to all; resolves when they are gone, at the latest when the deadline aborts. */
  async leave(deadline: AbortSignal): Promise<void> {
    for (const client of this.#all)
      client.leave(this.#info({ clientId: client.id, clientIp: client.address, isLeaving: true }));
    if (this.#all.size === 0) return;
    const cutOff = () => {
      for (const client of this.#all) client.destroy();
    };
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
    });
    deadline.addEventListener('abort', cutOff, { once: true });
    if (deadline.aborted) cutOff();
    await empty;
    deadline.removeEventListener('abort', cutOff);
  }

  #released(client: HubClient): void {
    this.#all.delete(client);
    this.#refused.delete(client);
    this.#hub.stats.connections = this.#all.size - this.#refused.size;
    if (this.#all.size > 0) return;
    for (const resolve of this.#whenEmpty) resolve();
    this.#whenEmpty = [];
  }
}
