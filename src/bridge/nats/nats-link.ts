import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../kernel/clock.ts';
import { LinkError, StartError } from '../../kernel/errors.ts';
import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import type {
  HeaderList,
  NatsLimits,
  NatsLink,
  NatsMessage,
  NatsState,
  NatsStatus,
  PublishResult,
  Unsendable,
} from '../link.ts';
import { backoffMs } from './backoff.ts';
import { type Connected, connectAny } from './connect-any.ts';
import { natsAttemptFailed, natsConnected, natsLost, natsTakesLess, natsUnavailable } from './events.ts';
import type { ConnectFailure } from './failure.ts';
import { freshLogin } from './fresh-login.ts';
import type { LoginOptions } from './login.ts';
import type { ResolvedNatsOptions } from './resolved-options.ts';
import { ServerErrors } from './server-errors.ts';
import { ServerLimits } from './server-limits.ts';
import { checkTlsFiles } from './tls-files.ts';
import { UnconfirmedBytes } from './unconfirmed.ts';
import { unlessAborted, withinTime } from './unless-aborted.ts';
import { toNatsMessage, WireHeaders } from './wire-headers.ts';

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
export function createNatsLink(options: ResolvedNatsOptions): (deps: NatsLinkDeps) => NatsLink {
  const login = freshLogin(options);
  return (deps) => new ReconnectingLink(options, login(deps.telemetry.events), deps);
}

/** An established connection and what belongs to it. */
interface Open {
  readonly connection: NatsConnection;
  readonly server: string;
  readonly unconfirmed: UnconfirmedBytes;
}

interface Subscription {
  readonly subject: string;
  readonly onMessage: (message: NatsMessage) => void;
}

class ReconnectingLink implements NatsLink {
  readonly name = 'nats';
  readonly #options: ResolvedNatsOptions;
  readonly #login: () => Promise<LoginOptions>;
  readonly #events: Telemetry['events'];
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  readonly #subscriptions: Subscription[] = [];
  readonly #errors: ServerErrors;
  readonly #limits: ServerLimits;

  #open: Open | undefined;
  #status: NatsStatus = 'disconnected';
  #sinceMs: number;
  #connects = 0;
  #failedRounds = 0;
  #droppedMeanwhile = 0;
  #lastError: string | undefined;
  #reported: string | undefined;
  #round: Promise<unknown> = Promise.resolve();
  #cancelRetry: () => void = () => undefined;
  #encoded: { readonly list: HeaderList; readonly headers: WireHeaders } | undefined;

  constructor(options: ResolvedNatsOptions, login: () => Promise<LoginOptions>, deps: NatsLinkDeps) {
    this.#options = options;
    this.#login = login;
    this.#events = deps.telemetry.events;
    this.#errors = new ServerErrors(this.#events);
    this.#clock = deps.clock;
    this.#random = deps.random ?? Math.random;
    this.#sinceMs = deps.clock.now();
    this.#limits = new ServerLimits(options.maxControlLineBytes);
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#stopping.signal.aborted || this.#status !== 'disconnected') return;
    this.#become('connecting');
    await checkTlsFiles(this.#options.tls);
    signal.throwIfAborted();
    const round = this.#connect();
    const outcome = await withinTime(round, this.#options.connectTimeoutMs, this.#clock, signal);
    if (outcome === 'late') {
      void round.then((failures) => this.#settle(failures));
      return;
    }
    const refusals = outcome.filter(({ kind }) => kind !== 'unreachable');
    if (refusals.length > 0)
      throw new StartError('nats-refused', refusals.map(({ sentence }) => sentence).join('; '), {
        cause: refusals[0]?.cause,
      });
    this.#settle(outcome);
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort();
    this.#cancelRetry();
    const open = this.#open;
    this.#open = undefined;
    this.#become('disconnected');
    await unlessAborted(this.#round, deadline).catch(() => undefined);
    if (open === undefined || open.connection.isClosed()) return;
    await unlessAborted(open.connection.drain(), deadline).catch(() => undefined);
    if (!open.connection.isClosed()) await open.connection.close();
  }

  publish(subject: string, payload: Uint8Array, headers: HeaderList | undefined, reply?: string): PublishResult {
    const open = this.#open;
    if (open === undefined || open.connection.isClosed()) {
      this.#droppedMeanwhile++;
      return 'nats-disconnected';
    }
    const { connection, unconfirmed } = open;
    const wire = headers === undefined ? undefined : this.#encode(headers);
    const bytes = payload.length + (wire?.byteLength ?? 0);
    const unsendable = this.#limits.unsendable(subject, bytes, reply);
    if (unsendable !== undefined) return unsendable;
    if (!unconfirmed.hasRoomFor(bytes)) return 'nats-backlog';
    connection.publish(subject, payload, {
      ...(wire === undefined ? {} : { headers: wire }),
      ...(reply === undefined ? {} : { reply }),
    });
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

  subscribe(subject: string, onMessage: (message: NatsMessage) => void): void {
    const subscription = { subject, onMessage };
    this.#subscriptions.push(subscription);
    if (this.#open !== undefined) this.#attach(this.#open.connection, subscription);
  }

  async flush(signal: AbortSignal): Promise<void> {
    const open = this.#open;
    if (open === undefined) throw new LinkError('nats-unreachable', 'NATS is not connected; nothing can be flushed');
    await unlessAborted(open.connection.flush(), signal);
    // What the server said before its answer reaches `#watch` in steps of the library, all of them in this turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  state(): NatsState {
    const info = this.#open?.connection.info;
    return {
      status: this.#status,
      server: this.#open?.server,
      serverName: info?.server_name,
      sinceMs: this.#sinceMs,
      reconnects: Math.max(0, this.#connects - 1),
      lastError: this.#lastError,
    };
  }

  /** One round over the servers. @returns its failures; none once connected. */
  #connect(): Promise<readonly ConnectFailure[]> {
    const { signal } = this.#stopping;
    const tried = this.#login().then((login) => connectAny(this.#options, login, this.#random, signal));
    const round = tried.then(async (outcome) => {
      if (!('connection' in outcome)) return outcome;
      if (signal.aborted) await outcome.connection.close().catch(() => undefined);
      else this.#adopt(outcome);
      return [];
    });
    this.#round = round;
    return round;
  }

  #adopt({ connection, server }: Connected): void {
    const unconfirmed = new UnconfirmedBytes(this.#options.maxPendingBytes, () => connection.flush());
    this.#open = { connection, server, unconfirmed };
    this.#limits.payloadBytes = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    this.#connects++;
    this.#failedRounds = 0;
    this.#lastError = undefined;
    this.#reported = undefined;
    this.#errors.forget();
    this.#become('connected');
    for (const subscription of this.#subscriptions) this.#attach(connection, subscription);
    void this.#watch(connection);
    void connection
      .closed()
      .then((error) => this.#lose(connection, error instanceof Error ? error.message : undefined));
    const serverName = connection.info?.server_name ?? '';
    this.#events.emit(natsConnected, { server, serverName, dropped: this.#droppedMeanwhile });
    const limits = { maxPayload: this.#limits.payloadBytes, packetSize: this.#options.packetBytes() };
    if (limits.maxPayload < limits.packetSize) this.#events.emit(natsTakesLess, { server, ...limits });
    this.#droppedMeanwhile = 0;
  }

  #lose(connection: NatsConnection, error: string | undefined): void {
    const open = this.#open;
    if (open?.connection !== connection) return;
    this.#open = undefined;
    const why = error ?? 'it closed the connection';
    this.#lastError = `NATS at ${open.server}: ${why}`;
    this.#become('reconnecting');
    this.#events.emit(natsLost, { server: open.server, why });
    this.#retry();
  }

  /** After a round: nothing to do when it connected, else say why once and try again later. */
  #settle(failures: readonly ConnectFailure[]): void {
    // Always the same one of several, whatever order the servers were tried in, so that it is told once.
    const sorted = [...failures].sort((a, b) => (a.sentence < b.sentence ? -1 : 1));
    const failure = sorted.find(({ kind }) => kind !== 'unreachable') ?? sorted[0];
    if (failure === undefined || this.#stopping.signal.aborted) return;
    this.#failedRounds++;
    this.#lastError = failure.sentence;
    if (this.#reported !== failure.sentence)
      this.#events.emit(natsUnavailable, { reason: failure.kind, sentence: failure.sentence });
    this.#reported = failure.sentence;
    const delayMs = this.#retry();
    this.#events.emit(natsAttemptFailed, { reason: failure.kind, delayMs });
  }

  #retry(): number {
    const { reconnectDelayMs, reconnectDelayMaxMs } = this.#options;
    const delayMs = backoffMs(this.#failedRounds, reconnectDelayMs, reconnectDelayMaxMs, this.#random());
    this.#cancelRetry = this.#clock.after(delayMs, () => {
      void this.#connect().then((failures) => this.#settle(failures));
    });
    return delayMs;
  }

  #attach(connection: NatsConnection, { subject, onMessage }: Subscription): void {
    if (connection.isClosed()) return; // the next connection will
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return this.#report(error);
        try {
          onMessage(toNatsMessage(message));
        } catch (failure) {
          this.#report(failure); // thrown further, it would end the library's reading
        }
      },
    });
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
    this.#lastError = this.#errors.report(error);
  }

  /** The same list again, which is the usual case, is not encoded again. */
  #encode(list: HeaderList): WireHeaders {
    if (this.#encoded?.list !== list) this.#encoded = { list, headers: new WireHeaders(list) };
    return this.#encoded.headers;
  }

  #become(status: NatsStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#sinceMs = this.#clock.now();
  }
}
