import { messageOf, StoreError } from '../kernel/errors.ts';
import { Fifo } from '../kernel/fifo.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import type { TimerWheel, WheelTimer } from '../kernel/timer-wheel.ts';
import { sessionBegan, sessionEnded, sessionExpired, sessionStoreFailed } from './events.ts';
import type { SessionEnds } from './session-ends.ts';
import type { Store, StoredSession } from './store-port.ts';

export interface SessionsDeps {
  readonly store: Pick<Store, 'putSession' | 'session' | 'sessions' | 'stats'>;
  readonly ends: Pick<SessionEnds, 'end' | 'settled'>;
  /** Sessions that are kept; see `limits.sessions`. */
  readonly maxSessions: () => number;
  readonly wheel: TimerWheel;
  readonly now: () => number;
  /** A CONNECT of the client id is under way: its session must not end meanwhile. */
  readonly isArriving: (clientId: string) => boolean;
  readonly telemetry: Telemetry;
}

/** After this it is looked again whether a session that is over can end. */
const retryMs = 1_000;
/** @param sinceMs by the wall clock, which may have been set back meanwhile: no interval becomes longer by that */
const leftOf = (intervalMs: number, sinceMs: number): number => Math.min(intervalMs, Math.max(0, intervalMs - sinceMs));

/** An interval that never ends. [MQTT 5, 3.1.2.11.2] */
const neverSeconds = 0xffff_ffff;

/** Which sessions there are, and when those that nobody is connected to end. [MQTT-3.1.2-23] */
export class Sessions {
  readonly #deps: SessionsDeps;
  /** Sessions that end some time, while nobody is connected. */
  readonly #ending = new Map<string, WheelTimer>();
  /** Sessions whose time has come; ended one after the other, as each costs the store something. */
  readonly #due = new Fifo<string>();
  #isSweeping = false;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
  }

  /** Reads what an earlier run left; whoever was connected then is not now. */
  async start(): Promise<void> {
    const now = this.#deps.now();
    for await (const page of this.#deps.store.sessions())
      for (const { clientId, expirySeconds, disconnectedAt = now } of page)
        this.#endAfter(clientId, expirySeconds, leftOf(expirySeconds * 1_000, now - disconnectedAt));
  }

  async find(clientId: string): Promise<StoredSession | undefined> {
    const ending = this.#deps.ends.settled(clientId); // or it would be found for as long as it ends
    if (ending !== undefined) await ending;
    const session = await this.#deps.store.session(clientId);
    if (session?.expirySeconds !== 0) return session;
    await this.#deps.ends.end(clientId); // what an earlier run began
    return undefined;
  }

  /**
   * A client is connected: its session does not end meanwhile.
   * @param isNew there is no record of it yet @throws StoreError store-full where there are too many, or no room
   */
  async connected(session: StoredSession, isNew: boolean): Promise<void> {
    this.keep(session.clientId);
    const { store } = this.#deps;
    const maxSessions = this.#deps.maxSessions();
    if (isNew && store.stats().sessions >= maxSessions)
      throw new StoreError(
        'store-full',
        `${maxSessions} sessions are kept already (limits.sessions); raise it, or shorten limits.sessionExpiry`,
      );
    await this.#deps.store.putSession(session);
    if (isNew) this.#deps.telemetry.events.emit(sessionBegan, { clientId: session.clientId });
  }

  /** Its client ended the session. */
  ended(clientId: string, cause: 'clean-start' | 'left'): void {
    this.#deps.telemetry.events.emit(sessionEnded, { clientId, cause });
  }

  /** The session does not end by itself: somebody is connected, or it was ended. */
  keep(clientId: string): void {
    this.#ending.get(clientId)?.cancel();
    this.#ending.delete(clientId);
  }

  /** The client is gone and its session stays for a while. */
  async disconnected(session: StoredSession): Promise<void> {
    const { clientId, expirySeconds } = session;
    this.keep(clientId);
    this.#endAfter(clientId, expirySeconds, expirySeconds * 1_000);
    await this.#deps.store.putSession({ ...session, disconnectedAt: this.#deps.now() });
  }

  stop(): void {
    for (const timer of this.#ending.values()) timer.cancel();
    this.#ending.clear();
    this.#due.clear();
  }

  /** For a session that has no timer. */
  #endAfter(clientId: string, expirySeconds: number, delayMs: number): void {
    if (expirySeconds === neverSeconds) return;
    this.#ending.set(
      clientId,
      this.#deps.wheel.add(delayMs, () => {
        this.#due.push(clientId);
        this.#sweep().catch((error: unknown) => this.#failed(error));
      }),
    );
  }

  async #sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      for (let clientId = this.#due.shift(); clientId !== undefined; clientId = this.#due.shift()) {
        if (!this.#ending.delete(clientId)) continue; // somebody came back
        if (this.#deps.isArriving(clientId)) {
          this.#endAfter(clientId, 0, retryMs);
          continue;
        }
        await this.#deps.ends.end(clientId);
        this.#deps.telemetry.events.emit(sessionExpired, { clientId });
      }
    } finally {
      this.#isSweeping = false;
    }
  }

  #failed(error: unknown): void {
    this.#deps.telemetry.events.emit(sessionStoreFailed, { error: messageOf(error) });
  }
}
