import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../kernel/clock.ts';
import { LinkError } from '../../kernel/errors.ts';
import type { Events, Telemetry } from '../../kernel/telemetry-ports.ts';
import type {
  HeaderList,
  NatsLimits,
  NatsLink,
  NatsMessage,
  NatsState,
  NatsSubscription,
  PublishResult,
  RequestOptions,
  SubscribeOptions,
  Unsendable,
} from '../link.ts';
import { natsTakesLess } from './events.ts';
import { freshLogin } from './fresh-login.ts';
import { KeptConnection, type Open } from './kept-connection.ts';
import type { LoginOptions } from './login.ts';
import { NatsSubscriptions } from './nats-subscriptions.ts';
import { Requests } from './requests.ts';
import type { ResolvedNatsOptions } from './resolved-options.ts';
import { ServerErrors } from './server-errors.ts';
import { ServerLimits } from './server-limits.ts';
import { unlessAborted } from './unless-aborted.ts';
import { WireHeaders } from './wire-headers.ts';

export interface NatsLinkDeps {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** 0 to 1, for the delays and the order of servers. */
  readonly random?: () => number;
}

/**
 * The connection to NATS. It starts without one when no server answers, and connects again without end; while it is
 * down, messages are refused instead of kept, so nothing stale arrives in a burst.
 *
 * `start` fails only where waiting does not help: a server that refuses our credentials or certificate, or whose
 * certificate we do not trust (StartError `nats-refused`), or files that cannot be read.
 * @throws ConfigError for a seed or credentials that cannot be read.
 */
export function createNatsLink(options: ResolvedNatsOptions, deps: NatsLinkDeps): NatsLink {
  return new ReconnectingLink(options, freshLogin(options, deps.telemetry.events), deps);
}

class ReconnectingLink implements NatsLink {
  readonly name = 'nats';
  readonly #packetBytes: () => number;
  readonly #events: Events;
  readonly #kept: KeptConnection;
  readonly #subscriptions = new NatsSubscriptions((error) => this.#report(error));
  readonly #requests: Requests;
  readonly #errors: ServerErrors;
  readonly #limits: ServerLimits;
  #encoded: { readonly list: HeaderList; readonly headers: WireHeaders } | undefined;

  constructor(
    options: ResolvedNatsOptions,
    login: () => Promise<LoginOptions>,
    { telemetry: { events }, clock, random = Math.random }: NatsLinkDeps,
  ) {
    this.#packetBytes = options.packetBytes;
    this.#events = events;
    this.#errors = new ServerErrors(events);
    this.#limits = new ServerLimits(options.maxControlLineBytes);
    this.#requests = new Requests(this, clock);
    this.#errors.onForbidden((subject) => this.#requests.forbidden(subject));
    this.#kept = new KeptConnection({
      options,
      login,
      events,
      clock,
      random,
      opened: (open) => this.#opened(open),
      lost: () => this.#subscriptions.detach(),
    });
  }

  start(signal: AbortSignal): Promise<void> {
    return this.#kept.start(signal);
  }

  stop(deadline: AbortSignal): Promise<void> {
    return this.#kept.stop(deadline);
  }

  publish(subject: string, payload: Uint8Array, headers: HeaderList | undefined, reply = ''): PublishResult {
    const { open } = this.#kept;
    if (open === undefined || open.connection.isClosed()) {
      this.#kept.missed();
      return 'nats-disconnected';
    }
    const { connection, unconfirmed } = open;
    const wire = headers === undefined ? undefined : this.#encode(headers);
    const bytes = payload.length + (wire?.byteLength ?? 0);
    const unsendable = this.#limits.unsendable(subject, bytes, reply);
    if (unsendable !== undefined) return unsendable;
    if (!unconfirmed.hasRoomFor(bytes)) return 'nats-backlog';
    connection.publish(subject, payload, wire === undefined ? { reply } : { headers: wire, reply });
    unconfirmed.add(bytes + subject.length);
    return 'sent';
  }

  unsendable(
    subject: string,
    payload: Uint8Array,
    headers: HeaderList | undefined,
    reply?: string,
  ): Unsendable | undefined {
    const headerBytes = headers === undefined ? 0 : this.#encode(headers).byteLength;
    return this.#limits.unsendable(subject, payload.length + headerBytes, reply);
  }

  limits(): NatsLimits {
    return this.#limits;
  }

  onForbidden(listener: (subject: string) => void): void {
    this.#errors.onForbidden(listener);
  }

  subscribe(
    subject: string,
    onMessage: (message: NatsMessage) => void,
    options: SubscribeOptions = {},
  ): NatsSubscription {
    return this.#subscriptions.add(subject, onMessage, options);
  }

  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<NatsMessage> {
    return this.#requests.send(subject, payload, options);
  }

  async flush(signal: AbortSignal): Promise<void> {
    const { open } = this.#kept;
    if (open === undefined) throw new LinkError('nats-unreachable', 'NATS is not connected; nothing can be flushed');
    await unlessAborted(open.connection.flush(), signal);
    // What the server said before its answer reaches `#watch` in steps of the library, all of them in this turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  state(): NatsState {
    return this.#kept.state();
  }

  #opened({ connection, server }: Open): void {
    this.#limits.payloadBytes = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    this.#errors.forget();
    this.#subscriptions.attach(connection);
    void this.#watch(connection);
    const limits = { maxPayload: this.#limits.payloadBytes, packetSize: this.#packetBytes() };
    if (limits.maxPayload < limits.packetSize) this.#events.emit(natsTakesLess, { server, ...limits });
  }

  /** Follows what the library says about a connection, until it ends. */
  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'error') this.#report(status.error);
      // Not awaited: closing waits for this loop. The library alone would first wait for the frozen socket to drain.
      if (status.type === 'staleConnection') void connection.close();
    }
  }

  #report(error: unknown): void {
    this.#kept.failed(this.#errors.report(error));
  }

  /** The same list again, which is the usual case, is not encoded again. */
  #encode(list: HeaderList): WireHeaders {
    if (this.#encoded?.list !== list) this.#encoded = { list, headers: new WireHeaders(list) };
    return this.#encoded.headers;
  }
}
