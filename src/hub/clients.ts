import type { Socket } from 'node:net';
import { withoutMapping } from '../kernel/networks.ts';
import type { Slices } from '../kernel/slices.ts';
import { HubClient } from './client.ts';
import type { HubContext } from './context.ts';
import { hubBannedDropped } from './events.ts';
import type { HubArrival, HubGuard } from './guard.ts';
import type { Handshakes } from './handshakes.ts';
import type { InfoFacts } from './info.ts';

type ClientFacts = Pick<InfoFacts, 'clientId' | 'clientIp' | 'isLeaving' | 'asks'>;

/** Where clients come in. */
export interface HubEntrance {
  /** Undefined: nobody is asked who it is. */
  readonly guard: HubGuard | undefined;
  /** Undefined: without TLS. */
  readonly handshakes: Handshakes | undefined;
  /** What INFO says that a client has to do. */
  readonly asks: InfoFacts['asks'];
}

/** All connections of a hub. */
export class Clients {
  readonly #hub: HubContext;
  readonly #info: (client: ClientFacts) => string;
  readonly #all = new Map<HubClient, HubEntrance>();
  /** Those of `#all` that were one too many, and are on their way out. */
  readonly #refused = new Set<HubClient>();
  /** Connections in their TLS handshake. */
  #pending = 0;
  #lastId = 0;
  #whenEmpty: (() => void)[] = [];

  /** @param info makes the INFO line of a client. */
  constructor(hub: HubContext, info: (client: ClientFacts) => string) {
    this.#hub = hub;
    this.#info = info;
  }

  /** Greets a new connection; one too many is told so and closed. */
  accept(socket: Socket, entrance: HubEntrance): void {
    const { options, stats, events } = this.#hub;
    const { guard, handshakes, asks } = entrance;
    const peer = { address: withoutMapping(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0, tls: undefined };
    if (guard?.isBanned(peer.address) === true) {
      socket.destroy();
      events.emit(hubBannedDropped, { address: peer.address });
      return;
    }
    this.#lastId += 1;
    const arrival: HubArrival = { id: this.#lastId, socket, peer, guard };
    const info = this.#info({ clientId: arrival.id, clientIp: peer.address, isLeaving: false, asks });
    if (stats.connections >= options.maxConnections) {
      const client = this.#begin(arrival, entrance, info);
      this.#refused.add(client);
      client.cut('too-many-connections');
    } else if (handshakes === undefined) this.#begin(arrival, entrance, info);
    else {
      this.#pending += 1;
      handshakes.begin(socket, info, peer, (secure, tls) => {
        this.#pending -= 1;
        if (secure !== undefined)
          this.#begin({ ...arrival, socket: secure, peer: { ...peer, tls } }, entrance, undefined);
        this.#count();
      });
    }
    this.#count();
  }

  tick(): void {
    const now = this.#hub.clock.monotonic();
    for (const client of this.#all.keys()) client.tick(now);
  }

  /** Other rules count, or others are banned. */
  async reconsider(slices: Slices): Promise<void> {
    let slice = await slices.next();
    for (const client of this.#all.keys())
      for (const _step of client.reconsider()) if (slice.isOver()) slice = await slices.next();
  }

  /** Says goodbye to all; resolves when they are gone, at the latest when the deadline aborts. */
  async leave(deadline: AbortSignal): Promise<void> {
    for (const [client, { asks }] of this.#all)
      client.leave(this.#info({ clientId: client.id, clientIp: client.address, isLeaving: true, asks }));
    if (this.#all.size === 0) return;
    const cutOff = () => {
      for (const client of this.#all.keys()) client.destroy();
    };
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
    });
    deadline.addEventListener('abort', cutOff, { once: true });
    if (deadline.aborted) cutOff();
    await empty;
    deadline.removeEventListener('abort', cutOff);
  }

  /** @param info undefined where it was greeted before */
  #begin(arrival: HubArrival, entrance: HubEntrance, info: string | undefined): HubClient {
    const client = new HubClient(arrival, this.#hub, (gone) => this.#released(gone));
    if (info !== undefined) client.say(info);
    this.#all.set(client, entrance);
    return client;
  }

  #count(): void {
    this.#hub.stats.connections = this.#all.size - this.#refused.size + this.#pending;
  }

  #released(client: HubClient): void {
    this.#all.delete(client);
    this.#refused.delete(client);
    this.#count();
    if (this.#all.size > 0) return;
    for (const resolve of this.#whenEmpty) resolve();
    this.#whenEmpty = [];
  }
}
