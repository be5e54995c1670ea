import type { SocketAddress } from '../kernel/address.ts';
import { ConnectionError, messageOf } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Prepared } from '../kernel/prepared.ts';
import { AddressCounts } from './address-counts.ts';
import { floodNotice } from './flood-notice.ts';
import type { ListenerDeps } from './listener-deps.ts';
import { createPort, type Port } from './port.ts';
import { Reception } from './reception.ts';
import type { ListenerOptions } from './schema.ts';
import { type TicketSecrets, ticketSecrets } from './tls/ticket-keys.ts';
import { urlsOf } from './urls.ts';

export type { ListenerDeps } from './listener-deps.ts';

/** One port and all connections that came through it. */
export interface TransportListener extends Component {
  /** As configured; in log lines and in `Peer.listener`. */
  readonly name: string;
  readonly options: ListenerOptions;
  /** The bound address; before `start` the configured one. */
  address(): SocketAddress;
  /** What it can be reached by, for the ready line: `["wss://127.0.0.1:8084/mqtt", "https://127.0.0.1:8084/"]`. */
  urls(): string[];
  /** Connections past the handshake: links and HTTP. */
  connections(): number;
  /** Connections in the handshake, at most `maxPending`. */
  pending(): number;
  /** @param deadline a ConnectionError as its reason is what those hear who are cut off */
  stop(deadline: AbortSignal): Promise<void>;
  /**
   * Makes other settings ready: connections that come from then on meet them, those that are open live on. On the same
   * address it never stops accepting.
   * @throws StartError as `start` does
   */
  prepare(options: ListenerOptions, deps: ListenerDeps): Promise<Prepared>;
  /** Leaves its address to another, without closing a connection. @returns how to take it back */
  leaveAddress(): () => Promise<void>;
}

/** What a listener is made of at a time. */
interface Setting {
  readonly options: ListenerOptions;
  readonly deps: ListenerDeps;
  readonly port: Port;
  readonly reception: Reception;
  readonly tickets: TicketSecrets;
}

/**
 * One kind of listener for every way in:
 *
 *     createListener({ name: 'everything', tls: 'auto', accept: ['mqtt', 'websocket', 'http'], ... })(deps)
 *
 * serves mqtt, mqtts, ws, wss, http and https on one port. MQTT connections and WebSockets become links for
 * `deps.accept`, other requests go to `deps.http`.
 *
 * `start` throws StartError: `port-in-use`, `bind-failed`, or `start-failed` where certificates are missing.
 */
export const createListener = (options: ListenerOptions, deps: ListenerDeps): TransportListener =>
  new Listener(options, deps);

class Listener implements TransportListener {
  /** What takes the connections that come now. */
  #now: Setting;
  /** Those before it that have connections. */
  readonly #earlier = new Set<Reception>();
  readonly #addresses = new AddressCounts();
  /** What it waits for once it stops: addresses that it has left, and whose connections are open. */
  readonly #left = new Set<Promise<void>>();

  constructor(options: ListenerOptions, deps: ListenerDeps) {
    this.#now = this.#setting(options, deps, this.#port(options, deps), ticketSecrets(deps.ticketSecret));
  }

  get name(): string {
    return this.#now.options.name;
  }

  get options(): ListenerOptions {
    return this.#now.options;
  }

  address(): SocketAddress {
    return this.#now.port.address();
  }

  urls(): string[] {
    return urlsOf(this.#now.options, this.address());
  }

  connections(): number {
    return this.#total((one) => one.connections);
  }

  pending(): number {
    return this.#total((one) => one.pending);
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#now.reception.start();
    await this.#now.port.listen(signal);
  }

  async prepare(options: ListenerOptions, deps: ListenerDeps): Promise<Prepared> {
    const isMoved = !isSameAddress(options.bind, this.#now.options.bind);
    const port = isMoved ? this.#port(options, deps) : this.#now.port;
    const keepsTickets = deps.ticketSecret === this.#now.deps.ticketSecret;
    const tickets = keepsTickets ? this.#now.tickets : ticketSecrets(deps.ticketSecret);
    const next = this.#setting(options, deps, port, tickets);
    const cancel = (): void => {
      next.reception.stop();
      if (isMoved) void port.close();
    };
    try {
      next.reception.start();
      if (isMoved) await port.listen();
    } catch (cause) {
      cancel();
      throw cause;
    }
    return {
      cancel,
      commit: () => {
        const before = this.#now;
        this.#now = next;
        this.#earlier.add(before.reception);
        before.reception.retire();
        if (isMoved) this.#leave(before.port);
        return Promise.resolve();
      },
    };
  }

  leaveAddress(): () => Promise<void> {
    const { port } = this.#now;
    this.#leave(port);
    return () => port.listen();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const receptions = [this.#now.reception, ...this.#earlier];
    const closed = Promise.all([this.#now.port.close(), ...this.#left]);
    for (const one of receptions) one.stop();
    await cutOffAt(deadline, closed, () => {
      const why = deadline.reason instanceof ConnectionError ? deadline.reason.message : 'the broker stopped';
      for (const one of receptions) one.destroyAll(why);
    });
  }

  #total(count: (one: Reception) => number): number {
    return [this.#now.reception, ...this.#earlier].reduce((sum, one) => sum + count(one), 0);
  }

  #port({ name, bind }: ListenerOptions, deps: ListenerDeps): Port {
    return createPort({
      wanted: bind,
      listener: name,
      receive: (socket) => this.#now.reception.receive(socket),
      onError: noteAcceptErrors(name, deps),
    });
  }

  #setting(options: ListenerOptions, deps: ListenerDeps, port: Port, tickets: TicketSecrets): Setting {
    const reception: Reception = new Reception(options, deps, {
      tickets,
      addresses: this.#addresses,
      urls: () => urlsOf(options, port.address()),
      others: () => this.#total((one) => (one === reception ? 0 : one.connections + one.pending)),
      emptied: (one) => this.#earlier.delete(one),
    });
    return { options, deps, port, tickets, reception };
  }

  #leave(port: Port): void {
    const closed = port.close().finally(() => this.#left.delete(closed));
    this.#left.add(closed);
  }
}

/** Port 0 of a host is another port each time; a listener keeps the one that it has. */
export const isSameAddress = (a: SocketAddress, b: SocketAddress): boolean => a.host === b.host && a.port === b.port;

/** Waits for the connections to end; those that are left at the deadline are destroyed. */
async function cutOffAt(deadline: AbortSignal, closed: Promise<unknown>, destroyAll: () => void): Promise<void> {
  if (deadline.aborted) destroyAll();
  else deadline.addEventListener('abort', destroyAll, { once: true });
  await closed;
  deadline.removeEventListener('abort', destroyAll);
}

/** A connection that cannot be accepted, mostly for want of file descriptors, does not end the listener. */
function noteAcceptErrors(listener: string, { clock, telemetry }: ListenerDeps): (error: Error) => void {
  const note = floodNotice<string>(clock, (message, count) =>
    telemetry.logger.log('error', `listener ${listener}: cannot accept connections (${count} times): ${message}`),
  );
  return (error) => note(messageOf(error), '');
}
