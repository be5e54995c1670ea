import { type ConnectPacket, parseConnect } from '../../mqtt/connect.ts';
import { encodeConnack } from '../../mqtt/encode-connack.ts';
import { FrameCutter } from '../../mqtt/frame.ts';
import { isRefusal, type Refusal } from '../../mqtt/refusal.ts';
import type { Subscriber } from '../../plane/plane.ts';
import { Deliveries } from '../delivery/deliveries.ts';
import type { AcceptedSession, EngineConnection } from '../engine-port.ts';
import { Holding } from '../memory-budget.ts';
import type { AuthorizedClient, Link, LinkHandler, Peer } from '../ports.ts';
import type { Admission } from '../publish/admission.ts';
import type { LimitsOptions } from '../schema.ts';
import type { QueueTarget, StoredMessage } from '../store-port.ts';
import { deliverySession, grantedTo } from './connack-properties.ts';
import { connectFault } from './connect-fault.ts';
import { ConnectionLog } from './connection-log.ts';
import type { EdgeDeps, OpenEdge } from './edge-deps.ts';
import { Egress, type EgressHost } from './egress.ts';
import { type EnhancedAuthentication, enhancedAuthentication } from './enhanced-authentication.ts';
import { connectedRules, connectRules, packetRules } from './frame-rules.ts';
import { Inbound, type InboundHost } from './inbound.ts';
import { Intake, type IntakeHost } from './intake.ts';
import { answerTo, edgeFaults } from './refusals.ts';
import { TimeLimit, type TimeLimitHost } from './time-limit.ts';

/**
 * The border of the broker, one for each connection: cuts the byte stream into packets, holds size and time limits,
 * refuses whatever is malformed, and writes what goes out.
 */
export class Edge implements LinkHandler, OpenEdge, EgressHost, InboundHost, IntakeHost, TimeLimitHost {
  readonly #link: Link;
  readonly #deps: EdgeDeps;
  readonly #cutter: FrameCutter;
  readonly intake: Intake;
  readonly log: ConnectionLog;
  readonly holding: Holding;
  readonly egress: Egress;
  readonly deliveries: Deliveries;
  readonly #timeLimit: TimeLimit;
  notice = '';
  #engine: EngineConnection | undefined;
  #connect: ConnectPacket | undefined;
  #inbound: Inbound | undefined;
  /** Where CONNECT has an Authentication Method. */
  authentication: EnhancedAuthentication | undefined;
  #isAccepted = false;
  /** The link is closed. */
  #isGone = false;
  #isOver = false;
  #isConcluded = false;
  #reason: string | undefined;

  constructor(link: Link, deps: EdgeDeps) {
    this.#link = link;
    this.#deps = deps;
    this.#cutter = new FrameCutter(connectRules(deps.limits));
    this.intake = new Intake(link, this.#cutter, deps, this);
    this.log = new ConnectionLog(deps.telemetry.events, link.peer, deps.now);
    this.holding = new Holding(deps.memory, (reason) => this.broken(reason));
    this.egress = new Egress(link, deps, deps.limits.outboundBuffer, this, this.holding);
    this.deliveries = new Deliveries(this.egress, deps);
    this.#timeLimit = new TimeLimit(deps, this.#cutter, this);
    link.open(this);
    this.intake.waitForMemory(); // who connects waits as who publishes
  }

  get peer(): Peer {
    return this.#link.peer;
  }

  get connect(): ConnectPacket {
    if (this.#connect === undefined) throw new Error('asked for before CONNECT was read');
    return this.#connect;
  }

  get limits(): LimitsOptions {
    return this.#deps.limits;
  }

  get subscriber(): Subscriber {
    return this.deliveries;
  }

  onData(chunk: Buffer): void {
    this.intake.push(chunk);
  }

  onDrain(): void {
    this.egress.account();
    this.drained();
  }

  /** What came before is handled, and then it is over. [MQTT-3.14.4-3] */
  onClose(reason: string): void {
    this.#isGone = true;
    this.#reason ??= reason;
    this.#timeLimit.leaving();
    this.egress.close();
    this.deliveries.close();
    this.intake.end(() => this.#settle());
  }

  shutDown(): void {
    if (!this.#isAccepted) this.broken('the broker shuts down');
  }

  identified(client: AuthorizedClient, expiresAtMs: number | undefined): void {
    this.deliveries.identify(client);
    this.#inbound?.identify(client);
    this.#timeLimit.credentialsExpire(expiresAtMs);
  }

  reauthenticated(client: AuthorizedClient, expiresAtMs: number | undefined, data: Uint8Array | undefined): void {
    if (this.#isOver) return;
    this.identified(client, expiresAtMs);
    this.log.reauthenticated(this.connect.authenticationMethod ?? '');
    this.authentication?.succeeded(data);
  }

  accepted(session: AcceptedSession): void {
    if (this.#isOver) return;
    const { connect } = this;
    const { limits } = this.#deps;
    const granted = grantedTo(connect, session, limits, this.peer.offers);
    const connack = encodeConnack(connect.version, session.isPresent, granted, connect.maximumPacketSize);
    if (connack === undefined) {
      this.#refuse(edgeFaults.connackTooLarge);
      return;
    }
    this.#isAccepted = true;
    this.authentication?.accepted();
    this.#cutter.rules = packetRules(limits, connect.version); // what an exchange may not have is over
    this.#timeLimit.accepted(connect);
    this.egress.write(connack);
    this.log.accepted(session, connect);
    this.#inbound?.open(session.isPersistent);
    if (this.#isGone) return;
    this.deliveries.open(deliverySession(connect, session, limits));
  }

  send(batch: readonly Uint8Array[]): void {
    const { maximumPacketSize = Number.POSITIVE_INFINITY } = this.connect;
    const bytes = batch.reduce((sum, { length }) => sum + length, 0);
    if (bytes > maximumPacketSize) this.#refuse(edgeFaults.answerTooLarge);
    else for (const data of batch) this.egress.write(data);
  }

  admit(targets: readonly QueueTarget[], packet: StoredMessage, isKept: boolean): Admission {
    return this.deliveries.admit(targets, packet, isKept);
  }

  whenRoom(task: () => void): void {
    this.deliveries.whenRoom(task);
  }

  refused(refusal: Refusal, told: string): void {
    this.#refuse(refusal, undefined, told);
  }

  handled(): void {
    this.#inbound?.handled();
  }

  failed(reason: string): void {
    this.#reason ??= reason;
  }

  ended(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#end();
  }

  leaving(): void {
    this.failed('it sent DISCONNECT');
    this.intake.ignoreRest();
    this.#timeLimit.leaving();
  }

  hand(frame: Buffer): void {
    this.#engine?.handle(frame);
  }

  dismiss(reason: string): void {
    this.failed(reason);
    this.ended();
  }

  skipped(): void {
    this.log.skipped();
  }

  drained(): void {
    this.deliveries.drained();
  }

  take(frame: Buffer): void {
    if (this.#isOver) return;
    const refusal = this.#inbound === undefined ? this.#receiveConnect(frame) : this.#inbound.receive(frame);
    if (refusal !== undefined) this.#refuse(refusal, frame);
    else this.#timeLimit.touch();
  }

  puback(packetId: number): void {
    if (this.#isOver) return;
    const refusal = this.deliveries.acknowledged(packetId);
    if (refusal !== undefined) this.#refuse(refusal);
    else this.#timeLimit.touch();
  }

  uncuttable(refusal: Refusal): void {
    this.#refuse(refusal, this.#cutter.head);
  }

  goOn(): void {
    this.#inbound?.goOn();
  }

  #receiveConnect(frame: Buffer): Refusal | undefined {
    const connect = parseConnect(frame);
    if (isRefusal(connect)) return connect;
    const { limits, engine } = this.#deps;
    this.#connect = connect;
    const fault = connectFault(connect, limits, this.peer.offers);
    if (fault !== undefined) return fault;
    this.#cutter.rules = connectedRules(limits, connect);
    this.#timeLimit.connecting();
    this.#engine = engine.open(this);
    this.authentication = enhancedAuthentication(connect, this, this.#engine);
    this.#inbound = new Inbound(this, this.#deps);
    this.#inbound.pass(frame);
    return undefined;
  }

  timedOut(refusal: Refusal): void {
    this.#refuse(refusal);
  }

  leavingTimedOut(reason: string): void {
    this.#inbound?.giveUp();
    if (!this.#isOver) this.#reason = `${this.#reason ?? 'it left'}; ${reason}`;
    this.ended();
  }

  /** Everything was taken. A CONNECT that nothing follows came to nothing. */
  #settle(): void {
    if (this.#isOver || this.#inbound === undefined || !(this.#isAccepted || this.#inbound.isWaiting)) this.#conclude();
    else this.#inbound.whenHandled(() => this.#conclude());
  }

  /** Closes the link, or is through where it is closed. */
  #end(): void {
    if (this.#isGone) this.#conclude();
    else this.#link.end();
  }

  /** The link is gone, and everything is over. */
  #conclude(): void {
    if (this.#isConcluded) return;
    this.#isConcluded = true;
    this.#finish();
    this.#engine?.closed();
    this.log.ended(this.#reason ?? '');
    this.#deps.ended(this);
  }

  /** Nothing is taken and nothing is sent any more. */
  #finish(): void {
    if (this.#isOver) return;
    this.egress.close();
    this.#isOver = true;
    this.intake.close();
    this.#timeLimit.cancel();
    this.authentication?.close();
    this.#inbound?.close();
    this.deliveries.close();
    this.holding.release();
  }

  /** Answers in the client's dialect, then closes. [MQTT-4.13.1-1] */
  #refuse(refusal: Refusal, frame?: Buffer, toldMessage = refusal.message): void {
    if (this.#isOver) return;
    this.#finish();
    this.#reason = refusal.message;
    this.log.refused(refusal, this.#connect?.clientId);
    const answer = answerTo({ ...refusal, message: toldMessage }, this.#connect, this.#isAccepted, frame);
    if (answer !== undefined) this.#link.write([answer]);
    this.#engine?.closed();
    this.#end();
  }

  broken(reason: string): void {
    this.#reason ??= reason;
    this.#finish();
    if (this.#isGone) this.#conclude();
    else this.#link.destroy(reason);
  }
}
