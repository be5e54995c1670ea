import { messageOf } from '../../kernel/errors.ts';
import { disconnectFor } from '../../mqtt/answer.ts';
import { parseDisconnect } from '../../mqtt/disconnect.ts';
import { packetTypeOf, packetTypes } from '../../mqtt/packet-type.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { isRefusal, refuse } from '../../mqtt/refusal.ts';
import type { Subscription } from '../../plane/plane.ts';
import type { EdgePort, EngineConnection } from '../engine-port.ts';
import type { Acceptance, AuthenticationExchange, AuthorizedClient } from '../ports.ts';
import type { Sessions } from '../sessions.ts';
import type { StoredMessage, StoredSession } from '../store-port.ts';
import { SessionSubscriptions } from '../subscriptions/session-subscriptions.ts';
import type { SessionSubscriptionsDeps } from '../subscriptions/session-subscriptions-deps.ts';
import { toldReason } from '../told-reasons.ts';
import type { EngineClient } from './engine-types.ts';
import type { GuardedAedes } from './guarded-aedes.ts';
import { refusalCode } from './session-refusal.ts';

export interface EngineSessionDeps extends Omit<SessionSubscriptionsDeps, 'edge' | 'session' | 'failed'> {
  readonly engine: Pick<GuardedAedes, 'clampSessionExpiry' | 'unregister' | 'publishWill' | 'scheduleWill'>;
  /** Works on CONNECT. */
  readonly connect: (session: EngineSession, frame: Buffer) => void;
  /** And on what its client proves itself by later. */
  readonly reauthenticate: (session: EngineSession, exchange: AuthenticationExchange) => void;
  /** The will goes with the connection. */
  readonly forgetWill: (clientId: string) => void;
}

/** One connection, and what the engine takes for its client. */
export class EngineSession implements EngineConnection, EngineClient {
  readonly edge: EdgePort;
  /** Empty before CONNECT. */
  id = '';
  isPersistent = false;
  expirySeconds = 0;
  /** Published when the connection ends without a good-bye. [MQTT-3.1.2-8] */
  will: StoredMessage | undefined;
  #authorized: AuthorizedClient | undefined;
  /** What CONNACK tells of its exchange. */
  #authenticationData: Uint8Array | undefined;
  #isPresent = false;
  #isKept = false;
  #isRegistered = false;
  #isAccepted = false;
  #isClosed = false;
  /** It said good-bye. */
  #hasLeft = false;
  /** Lets the next CONNECT of the client id go on. */
  #leaveTurn: (() => void) | undefined;
  #giveUp: (() => void) | undefined;
  readonly #deps: EngineSessionDeps;
  /** Made with the first. */
  #subscriptions: SessionSubscriptions | undefined;

  constructor(edge: EdgePort, deps: EngineSessionDeps) {
    this.edge = edge;
    this.#deps = deps;
  }

  get authorized(): AuthorizedClient | undefined {
    return this.#authorized;
  }

  get owner(): Pick<StoredSession, 'principal' | 'trust'> | undefined {
    if (this.#authorized === undefined) return undefined;
    const { principal, trust } = this.#authorized;
    return { principal, trust };
  }

  get isKept(): boolean {
    return this.#isKept;
  }

  get subscriptions(): Iterable<Subscription> {
    return this.#subscriptions?.values() ?? [];
  }

  reconsider(): Promise<void> {
    return this.#subscriptions?.reconsider() ?? Promise.resolve();
  }

  /** Nothing more comes of it. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  handle(frame: Buffer): void {
    const type = packetTypeOf(frame);
    try {
      if (type === packetTypes.connect) this.#deps.connect(this, frame);
      else if (this.#isClosed) return;
      else if (type === packetTypes.subscribe) this.#ownSubscriptions().subscribe(frame);
      else if (type === packetTypes.unsubscribe) this.#ownSubscriptions().unsubscribe(frame);
      else this.#leave(frame);
    } catch (error) {
      this.#fail(error);
    }
  }

  reauthenticate(exchange: AuthenticationExchange): void {
    this.#deps.reauthenticate(this, exchange);
  }

  closed(): void {
    this.close();
  }

  /** Its CONNECT waits for somebody or something. @param giveUp called when it is gone before that is over */
  waits(giveUp: () => void): void {
    this.#giveUp = giveUp;
  }

  /** The client is who it says. @param isPresent there is a session to go on with */
  admitted(authorized: AuthorizedClient, isPresent: boolean, { expiresAtMs, data }: Acceptance): void {
    this.#giveUp = undefined;
    this.#authorized = authorized;
    this.#authenticationData = data;
    this.#isPresent = isPresent;
    // a resumed session that ends with the connection still has a queue to deliver first
    this.isPersistent = isPresent || this.expirySeconds > 0;
    this.edge.identified(authorized, expiresAtMs);
  }

  /** It still is, and other things may be known of it. */
  reauthenticated(authorized: AuthorizedClient): void {
    this.#giveUp = undefined;
    this.#authorized = authorized;
  }

  /** No other CONNECT of the client id is worked on until `leaveTurn`. */
  tookTurn(leave: () => void): void {
    this.#leaveTurn = leave;
  }

  /** Its CONNECT is through, or came to nothing. */
  leaveTurn(): void {
    this.#leaveTurn?.();
    this.#leaveTurn = undefined;
  }

  /** The engine knows the client. */
  async registered(sessions: Sessions): Promise<void> {
    this.#isRegistered = true;
    const { id: clientId, isPersistent, expirySeconds } = this;
    const { principal = '', trust } = this.#authorized ?? {};
    const session = { clientId, principal, trust, expirySeconds };
    try {
      if (isPersistent) await sessions.connected(session, !this.#isPresent);
      else sessions.keep(clientId);
      this.#isKept = isPersistent;
      // what is closed meanwhile has left already, and would leave behind what it takes up now
      if (!this.edge.connect.isCleanStart && !this.#isClosed) await this.#ownSubscriptions().restore();
    } catch (cause) {
      if (!this.#isPresent) this.isPersistent = false; // or its session would begin with its end
      this.refused(refusalCode(cause), `the session could not be stored or read: ${messageOf(cause)}`);
      return;
    }
    if (this.#isClosed) return;
    const { notice } = this.edge;
    this.edge.notice = '';
    const authenticationData = this.#authenticationData;
    const bringsTopic = (topic: string): boolean => this.#subscriptions?.bringTopic(topic) === true;
    const more = { isPresent: this.#isPresent, notice, authenticationData, bringsTopic };
    this.edge.accepted({ ...session, isPersistent, ...more });
    this.#authenticationData = undefined;
    this.#isAccepted = true;
    this.edge.handled();
  }

  /** The client may not connect. @param reason for the log @param told to the client beside the code */
  refused(reasonCode: number, reason: string, told = toldReason(reasonCode)): void {
    this.edge.refused(refuse(reasonCode, '3.1.4', reason), told);
  }

  disconnect({ reasonCode }: { readonly reasonCode: number }, done?: () => void): void {
    const { version, wantsProblemInformation, maximumPacketSize } = this.edge.connect;
    if (this.#isAccepted && !this.#isClosed && version === 5) {
      const refusal = refuse(reasonCode, '4.13.1', toldReason(reasonCode));
      this.edge.send([disconnectFor(refusal, wantsProblemInformation, maximumPacketSize)]);
    }
    this.close(done);
  }

  dismiss(reason: string): void {
    if (this.#isAccepted) {
      this.edge.failed(reason);
      this.disconnect({ reasonCode: reasonCodes.administrativeAction });
    } else this.refused(reasonCodes.banned, reason);
  }

  close(done?: () => void): void {
    if (!this.#isClosed) this.#close();
    done?.();
  }

  #close(): void {
    this.#isClosed = true;
    this.#giveUp?.();
    this.#subscriptions?.leave(); // before its will is published
    if (this.will !== undefined) this.#settleWill(this.will);
    if (this.#isRegistered) this.#deps.engine.unregister(this);
    this.edge.ended();
  }

  #settleWill(will: StoredMessage): void {
    const { engine, forgetWill } = this.#deps;
    this.will = undefined;
    if (this.#hasLeft || !this.#isAccepted) {
      forgetWill(this.id);
      return;
    }
    const delaySeconds = Math.min(will.properties?.willDelayInterval ?? 0, this.expirySeconds); // [MQTT-3.1.3-9]
    if (delaySeconds > 0) engine.scheduleWill(this, will, delaySeconds);
    else engine.publishWill(this, will);
  }

  #ownSubscriptions(): SessionSubscriptions {
    this.#subscriptions ??= new SessionSubscriptions({
      ...this.#deps,
      edge: this.edge,
      session: this,
      failed: (error) => this.#fail(error),
    });
    return this.#subscriptions;
  }

  /** DISCONNECT, which was checked: the will goes with it where its code is success. [MQTT-3.14.4-3] */
  #leave(frame: Buffer): void {
    const disconnect = parseDisconnect(frame, this.edge.connect.version);
    if (isRefusal(disconnect)) return;
    const { reasonCode, sessionExpirySeconds } = disconnect;
    if (sessionExpirySeconds !== undefined) {
      this.expirySeconds = this.#deps.engine.clampSessionExpiry(sessionExpirySeconds);
      this.isPersistent = this.expirySeconds > 0;
    }
    this.#hasLeft = reasonCode === reasonCodes.success;
    this.edge.ended();
    this.edge.handled();
  }

  #fail(error: unknown): void {
    this.edge.failed(messageOf(error));
    this.close();
  }
}
