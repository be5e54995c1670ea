import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../kernel/clock.ts';
import { StartError } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { NatsState, NatsStatus } from '../link.ts';
import { backoffMs } from './backoff.ts';
import { type Connected, connectAny } from './connect-any.ts';
import { natsAttemptFailed, natsConnected, natsLost, natsUnavailable } from './events.ts';
import type { ConnectFailure } from './failure.ts';
import type { LoginOptions } from './login.ts';
import type { ResolvedNatsOptions } from './resolved-options.ts';
import { checkTlsFiles } from './tls-files.ts';
import { UnconfirmedBytes } from './unconfirmed.ts';
import { unlessAborted, withinTime } from './unless-aborted.ts';

/** An established connection and what belongs to it. */
export interface Open {
  readonly connection: NatsConnection;
  readonly server: string;
  readonly unconfirmed: UnconfirmedBytes;
}

export interface KeptConnectionDeps {
  readonly options: ResolvedNatsOptions;
  readonly login: () => Promise<LoginOptions>;
  readonly events: Events;
  readonly clock: Clock;
  /** 0 to 1, for the delays and the order of servers. */
  readonly random: () => number;
  /** There is a connection. */
  readonly opened: (open: Open) => void;
  /** There is none any more. */
  readonly lost: () => void;
}

/** A connection to NATS that is made again without end, from `start` to `stop`. */
export class KeptConnection {
  readonly #deps: KeptConnectionDeps;
  readonly #stopping = new AbortController();
  #open: Open | undefined;
  #status: NatsStatus = 'disconnected';
  #sinceMs: number;
  #connects = 0;
  #failedRounds = 0;
  #missed = 0;
  #lastError: string | undefined;
  #reported: string | undefined;
  #round: Promise<unknown> = Promise.resolve();
  #cancelRetry: () => void = () => undefined;

  constructor(deps: KeptConnectionDeps) {
    this.#deps = deps;
    this.#sinceMs = deps.clock.now();
  }

  get open(): Open | undefined {
    return this.#open;
  }

  /** A message was not sent as there is no connection; the next one says how many. */
  missed(): void {
    this.#missed += 1;
  }

  /** Something is wrong, while the connection lives on. */
  failed(error: string): void {
    this.#lastError = error;
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#stopping.signal.aborted || this.#status !== 'disconnected') return;
    const { options, clock } = this.#deps;
    this.#become('connecting');
    await checkTlsFiles(options.tls);
    signal.throwIfAborted();
    const round = this.#connect();
    const outcome = await withinTime(round, options.connectTimeoutMs, clock, signal);
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
    const { options, login, random } = this.#deps;
    const { signal } = this.#stopping;
    const tried = login().then((loginOptions) => connectAny(options, loginOptions, random, signal));
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
    const { options, events, opened } = this.#deps;
    const unconfirmed = new UnconfirmedBytes(options.maxPendingBytes, () => connection.flush());
    this.#open = { connection, server, unconfirmed };
    this.#connects++;
    this.#failedRounds = 0;
    this.#lastError = undefined;
    this.#reported = undefined;
    this.#become('connected');
    void connection
      .closed()
      .then((error) => this.#lose(connection, error instanceof Error ? error.message : undefined));
    const serverName = connection.info?.server_name ?? '';
    events.emit(natsConnected, { server, serverName, dropped: this.#missed });
    this.#missed = 0;
    opened(this.#open);
  }

  #lose(connection: NatsConnection, error: string | undefined): void {
    const open = this.#open;
    if (open?.connection !== connection) return;
    this.#open = undefined;
    const why = error ?? 'it closed the connection';
    this.#lastError = `NATS at ${open.server}: ${why}`;
    this.#become('reconnecting');
    this.#deps.events.emit(natsLost, { server: open.server, why });
    this.#deps.lost();
    this.#retry();
  }

  /** After a round: nothing to do when it connected, else say why once and try again later. */
  #settle(failures: readonly ConnectFailure[]): void {
    // Always the same one of several, whatever order the servers were tried in, so that it is told once.
    const sorted = [...failures].sort((a, b) => (a.sentence < b.sentence ? -1 : 1));
    const failure = sorted.find(({ kind }) => kind !== 'unreachable') ?? sorted[0];
    if (failure === undefined || this.#stopping.signal.aborted) return;
    const { events } = this.#deps;
    this.#failedRounds++;
    this.#lastError = failure.sentence;
    if (this.#reported !== failure.sentence)
      events.emit(natsUnavailable, { reason: failure.kind, sentence: failure.sentence });
    this.#reported = failure.sentence;
    const delayMs = this.#retry();
    events.emit(natsAttemptFailed, { reason: failure.kind, delayMs });
  }

  #retry(): number {
    const { options, clock, random } = this.#deps;
    const delayMs = backoffMs(this.#failedRounds, options.reconnectDelayMs, options.reconnectDelayMaxMs, random());
    this.#cancelRetry = clock.after(delayMs, () => {
      void this.#connect().then((failures) => this.#settle(failures));
    });
    return delayMs;
  }

  #become(status: NatsStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#sinceMs = this.#deps.clock.now();
  }
}
