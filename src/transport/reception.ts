import type { Socket } from 'node:net';
import type { Peer, PeerTls } from '../broker/ports.ts';
import { plainResponse } from '../http/server/plain-response.ts';
import { formatSocketAddress } from '../kernel/address.ts';
import { ConnectionError, StartError } from '../kernel/errors.ts';
import { withoutMapping } from '../kernel/networks.ts';
import { TimerWheel } from '../kernel/timer-wheel.ts';
import type { AddressCounts } from './address-counts.ts';
import { type AddressRate, addressRate } from './address-rate.ts';
import { brokenAgreement } from './alpn.ts';
import { type Arrival, arrivals } from './arrivals.ts';
import { type ConnectionRefusal, misfit } from './connection-refusal.ts';
import { dropNotice } from './drop-notice.ts';
import { type ConnectionDropReason, connectionAbandoned, connectionDropped, connectionRefused } from './events.ts';
import { putBack, readFirst, speechOf } from './first-byte.ts';
import { endTickMs } from './link-end.ts';
import type { ListenerDeps } from './listener-deps.ts';
import { listenerTls } from './listener-tls.ts';
import { type Entrance, entranceOf } from './proxy/entrance.ts';
import { relayedBy } from './proxy/relayed.ts';
import type { ListenerOptions } from './schema.ts';
import { socketLink } from './socket-link.ts';
import type { TlsAcceptor } from './tls/acceptor.ts';
import type { TicketSecrets } from './tls/ticket-keys.ts';
import { createWebSide, type WebSide } from './web-side.ts';

/** The listener that a reception belongs to. */
export interface ReceptionHost {
  /** Of its tickets; they outlive a reception, so that its clients resume their sessions at the next. */
  readonly tickets: TicketSecrets;
  /** Of all its connections. */
  readonly addresses: AddressCounts;
  /** Where this listener can be reached, for answers to those who knock at the wrong door. */
  urls(): string[];
  /** Connections that it has beside those of this reception. */
  others(): number;
  /** The last connection of one that was retired is gone. */
  emptied(reception: Reception): void;
}

/**
 * The way of a connection from `accept` to a link or an HTTP request: TLS where the listener has it, then MQTT or HTTP
 * by the first byte. A link is handed on with its first bytes, so idle connections never get past this point.
 */
export class Reception {
  readonly #options: ListenerOptions;
  readonly #deps: ListenerDeps;
  readonly #host: ReceptionHost;
  readonly #open = new Set<Socket>();
  readonly #arrivals;
  readonly #tls: TlsAcceptor | undefined;
  readonly #connectionRate: AddressRate | undefined;
  readonly #handshakeRate: AddressRate | undefined;
  readonly #web: WebSide | undefined;
  /** Undefined where no proxy is expected. */
  readonly #entrance: Entrance | undefined;
  readonly #ends: TimerWheel;
  readonly #floodNotice: (reason: ConnectionDropReason, example: string) => void;
  #isRetired = false;

  constructor(options: ListenerOptions, deps: ListenerDeps, host: ReceptionHost) {
    this.#options = options;
    this.#deps = deps;
    this.#host = host;
    const { clock, telemetry } = deps;
    this.#ends = new TimerWheel(clock, { tickMs: endTickMs });
    this.#floodNotice = dropNotice(options.name, clock, telemetry.logger);
    this.#arrivals = arrivals({
      maxPending: options.maxPending,
      timeoutMs: options.handshakeTimeout,
      clock,
      onDrop: (arrival, reason) => {
        this.#open.delete(arrival.socket);
        this.#noteDropped(arrival, reason);
      },
    });
    this.#tls = listenerTls(options, deps, host.tickets);
    const noRate = { perAddress: undefined, overall: undefined, clock };
    this.#connectionRate = addressRate({ ...noRate, ...options.connectionRate });
    this.#handshakeRate = addressRate({ ...noRate, ...options.handshakeRate });
    this.#web = createWebSide(options, { ...deps, ends: this.#ends });
    this.#entrance = entranceOf(options.proxy);
  }

  /** Connections past the handshake. */
  get connections(): number {
    return this.#open.size - this.#arrivals.size;
  }

  /** Connections in the handshake. */
  get pending(): number {
    return this.#arrivals.size;
  }

  /** @throws StartError when there are no usable certificates for TLS, or the secret of its tickets is too short. */
  start(): void {
    const { name, tls } = this.#options;
    if (tls !== 'off' && this.#tls === undefined)
      throw new StartError('start-failed', `listener ${name}: tls is ${tls}, but there are no certificates`);
    this.#tls?.start();
    this.#web?.start();
  }

  /** Closes what has not become a link yet; links live on. */
  stop(): void {
    this.#arrivals.clear();
    this.#web?.stop();
    this.#tls?.stop();
  }

  /** Nobody new comes to it: handshakes go on to their end, links live on under its settings, idle HTTP connections end. */
  retire(): void {
    this.#isRetired = true;
    this.#leave();
  }

  destroyAll(reason: string): void {
    for (const socket of this.#open) socket.destroy(new ConnectionError('client-failed', reason));
  }

  /** Takes a fresh connection. */
  receive(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy(); // gone before we got to it
      return;
    }
    const arrival: Arrival = { socket, address: withoutMapping(remoteAddress), port: remotePort };
    socket.on('error', ignoreError);
    const { maxConnections, tcpKeepAlive } = this.#options;
    if (this.#open.size + this.#host.others() >= maxConnections && !this.#arrivals.evict()) {
      socket.destroy();
      this.#noteDropped(arrival, 'max-connections');
      return;
    }
    if (tcpKeepAlive > 0) socket.setKeepAlive(true, tcpKeepAlive);
    this.#open.add(socket);
    socket.once('close', () => this.#onClose(arrival));
    this.#arrivals.add(arrival);
    if (this.#entrance === undefined) this.#enter(arrival);
    else
      this.#entrance(socket, arrival.address, {
        onEntered: (header) => {
          if (header !== undefined) Object.assign(arrival, relayedBy(header, arrival, this.#options.proxy));
          this.#enter(arrival);
        },
        onRefused: (refusal) => {
          this.#report(arrival, refusal);
          socket.destroy();
        },
      });
  }

  /** Past what a proxy has to say. */
  #enter(arrival: Arrival): void {
    const { socket } = arrival;
    const limit = this.#limitOf(arrival);
    if (limit !== undefined) this.#drop(arrival, limit);
    else if (this.#options.tls === 'off') this.#begin(arrival, socket, arrival.tls);
    else if (this.#options.tls !== 'auto') this.#secure(arrival);
    else
      readFirst(socket, (first) => {
        if (speechOf(first[0]) !== 'tls') this.#sort(arrival, socket, arrival.tls, first);
        else {
          putBack(socket, first);
          this.#secure(arrival);
        }
      });
  }

  #onClose(arrival: Arrival): void {
    this.#open.delete(arrival.socket);
    if (arrival.isCounted === true) this.#host.addresses.give(arrival.address);
    if (this.#arrivals.settle(arrival)) {
      const { address, port } = arrival;
      this.#deps.telemetry.events.emit(connectionAbandoned, { listener: this.#options.name, address, port });
    }
    if (this.#isRetired) this.#leave();
  }

  /** Ends with what it has. */
  #leave(): void {
    if (this.#arrivals.size > 0) return;
    this.#web?.stop();
    if (this.#open.size > 0) return;
    this.stop();
    this.#host.emptied(this);
  }

  /** Counts a connection that a limit closed; the log gets sums. */
  #noteDropped({ address, port }: Arrival, reason: ConnectionDropReason): void {
    const { name: listener } = this.#options;
    this.#deps.telemetry.events.emit(connectionDropped, { listener, address, port, reason });
    this.#floodNotice(reason, formatSocketAddress({ host: address, port }));
  }

  /** Why nobody from its address is taken, now. */
  #limitOf(arrival: Arrival): ConnectionDropReason | undefined {
    const { maxConnectionsPerAddress: most } = this.#options;
    if (this.#deps.isBanned?.(arrival.address) === true) return 'banned';
    if (this.#connectionRate?.take(arrival.address) === false) return 'connection-rate';
    if (most === undefined) return undefined;
    arrival.isCounted = this.#host.addresses.take(arrival.address, most);
    return arrival.isCounted ? undefined : 'address-connections';
  }

  #drop(arrival: Arrival, reason: ConnectionDropReason): void {
    this.#arrivals.settle(arrival);
    arrival.socket.destroy();
    this.#noteDropped(arrival, reason);
  }

  #secure(arrival: Arrival): void {
    if (this.#handshakeRate?.take(arrival.address) === false) {
      this.#drop(arrival, 'handshake-rate');
      return;
    }
    this.#tls?.accept(arrival.socket, {
      onSecure: (socket, tls) => this.#begin(arrival, socket, tls),
      onRefused: (refusal) => {
        this.#report(arrival, refusal);
        if (refusal.reason === 'http-on-tls-port') arrival.socket.write(this.#signpost('TLS'));
      },
    });
  }

  /** After TLS, or at once where there is none: looks at the first bytes only where they decide something. */
  #begin(arrival: Arrival, socket: Socket, tls: PeerTls | undefined): void {
    if (this.#options.accept.includes('mqtt')) readFirst(socket, (first) => this.#sort(arrival, socket, tls, first));
    else this.#serveHttp(arrival, socket, tls);
  }

  #sort(arrival: Arrival, socket: Socket, tls: PeerTls | undefined, first: Buffer): void {
    const speech = speechOf(first[0]);
    const broken = brokenAgreement(socket, speech);
    if (broken !== undefined) {
      this.#report(arrival, broken);
      socket.destroy();
    } else if (speech === 'mqtt' && this.#options.accept.includes('mqtt')) this.#openLink(arrival, socket, tls, first);
    else if (speech === 'http' && this.#web !== undefined) {
      putBack(socket, first);
      this.#serveHttp(arrival, socket, tls);
    } else {
      this.#report(arrival, misfit(first[0]));
      if (speech === 'http') socket.end(this.#signpost('MQTT')).resume();
      else socket.destroy();
    }
  }

  #openLink(arrival: Arrival, socket: Socket, tls: PeerTls | undefined, first: Buffer): void {
    this.#settle(arrival);
    const peer: Peer = { ...this.#origin(arrival, tls), protocol: tls === undefined ? 'mqtt' : 'mqtts' };
    this.#deps.accept(socketLink(socket, peer, this.#ends, first));
  }

  #serveHttp(arrival: Arrival, socket: Socket, tls: PeerTls | undefined): void {
    this.#web?.serve(socket, {
      peer: this.#origin(arrival, tls),
      onSpoken: () => this.#settle(arrival),
      onRefused: (refusal) => this.#report(arrival, refusal),
      onDropped: (reason) => this.#noteDropped(arrival, reason),
    });
  }

  #origin({ address, port, via }: Arrival, tls: PeerTls | undefined): Omit<Peer, 'protocol'> {
    const { name: listener, mqtt: offers } = this.#options;
    return { listener, address, port, via, tls, offers };
  }

  #settle(arrival: Arrival): void {
    if (!this.#arrivals.settle(arrival)) return;
    if (this.#isRetired) this.#leave();
    const { address, port } = arrival;
    this.#deps.telemetry.logger.log('debug', 'connection accepted', { listener: this.#options.name, address, port });
  }

  #report(arrival: Arrival, { reason, detail }: ConnectionRefusal): void {
    this.#arrivals.mute(arrival);
    const { address, port } = arrival;
    this.#deps.telemetry.events.emit(connectionRefused, {
      listener: this.#options.name,
      address,
      port,
      reason,
      detail,
    });
  }

  #signpost(spoken: 'MQTT' | 'TLS'): string {
    return plainResponse(400, `This port speaks ${spoken}, not plain HTTP. It is ${this.#host.urls().join(' and ')}.`);
  }
}

/** A socket that fails is closed by Node right after; whoever is concerned listens to that. */
const ignoreError = (): void => undefined;
