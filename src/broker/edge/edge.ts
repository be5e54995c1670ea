import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import type { WheelTimer } from '../../kernel/timer-wheel.ts';
import { connackRefusal, disconnectFor } from '../../mqtt/answer.ts';
import { type ConnectPacket, parseConnect, requestedVersion } from '../../mqtt/connect.ts';
import { encodeConnack } from '../../mqtt/encode-connack.ts';
import { FrameCutter } from '../../mqtt/frame.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { isRefusal, type Refusal, refuse } from '../../mqtt/refusal.ts';
import type { Subscriber } from '../../plane/plane.ts';
import type { Turn } from '../../plane/turn.ts';
import { Deliveries, type DeliveriesDeps } from '../delivery/deliveries.ts';
import type { AcceptedSession, EdgePort, Engine, EngineConnection } from '../engine-port.ts';
import { Holding, type MemoryBudget } from '../memory-budget.ts';
import type { Link, LinkHandler, Peer } from '../ports.ts';
import type { HotPath } from '../publish/hot-path.ts';
import type { LimitsOptions } from '../schema.ts';
import type { QueueTarget, StoredPacket } from '../session-store.ts';
import { grantedTo, keepAliveMs } from './connack-properties.ts';
import { connectFault } from './connect-fault.ts';
import { ConnectionLog } from './connection-log.ts';
import { Egress, type EgressHost } from './egress.ts';
import { Inbound, type InboundHost } from './inbound.ts';
import { Intake, type IntakeHost } from './intake.ts';
import { KeepAlive } from './keep-alive.ts';

export interface EdgeDeps extends DeliveriesDeps {
  readonly limits: LimitsOptions;
  readonly engine: Engine;
  readonly telemetry: Telemetry;
  readonly hotPath: HotPath;
  readonly turn: Turn;
  /** Of all connections together. */
  readonly memory: MemoryBudget;
  /** The link is gone; called once. */
  readonly ended: (edge: Edge) => void;
}

/**
 * The border of the broker, one for each connection: cuts the byte stream into packets, holds size and time limits,
 * refuses whatever is malformed, and writes what goes out.
 */
export class Edge implements LinkHandler, EdgePort, EgressHost, InboundHost, IntakeHost {
  readonly #link: Link;
  readonly #deps: EdgeDeps;
  readonly #cutter: FrameCutter;
  readonly intake: Intake;
  readonly #log: ConnectionLog;
  readonly holding: Holding;
  readonly egress: Egress;
  readonly deliveries: Deliveries;
  /** Waits for CONNECT. */
  readonly #connectTimer: WheelTimer;
  #keepAlive: KeepAlive | undefined;
  #engine: EngineConnection | undefined;
  #connect: ConnectPacket | undefined;
  #inbound: Inbound | undefined;
  #isAccepted = false;
  #isOver = false;
  #reason: string | undefined;

  constructor(link: Link, deps: EdgeDeps) {
    this.#link = link;
    this.#deps = deps;
    this.#cutter = new FrameCutter(deps.limits.connectPacketSize);
    this.intake = new Intake(link, this.#cutter, deps.turn, this);
    this.#log = new ConnectionLog(deps.telemetry.events, link.peer);
    this.holding = new Holding(deps.memory, (reason) => this.#destroy(reason));
    this.egress = new Egress(link, deps, deps.limits.outboundBuffer, this, this.holding);
    this.deliveries = new Deliveries(this.egress, deps);
    this.#connectTimer = deps.wheel.add(deps.limits.connectTimeout, () => this.#connectTimedOut());
    link.open(this);
    this.published(); // who connects waits as who publishes
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

  onClose(reason: string): void {
    this.intake.end(() => {
      this.#finish();
      this.#engine?.closed();
      this.#log.ended(this.#reason ?? reason);
      this.#deps.ended(this);
    });
  }

  /** The broker stops: a client that is not connected yet is cut off, the engine says good-bye to the others. */
  shutDown(): void {
    if (!this.#isAccepted) this.#destroy('the broker shuts down');
  }

  identified(clientId: string): void {
    this.deliveries.identify(clientId);
  }

  accepted(session: AcceptedSession): void {
    if (this.#isOver) return;
    const { connect } = this;
    const { limits, hotPath } = this.#deps;
    this.#isAccepted = true;
    this.#connectTimer.cancel();
    const silenceMs = keepAliveMs(connect, limits);
    if (silenceMs !== undefined) this.#keepAlive = this.#waitForSilence(silenceMs);
    this.egress.write(encodeConnack(connect.version, session.isPresent, grantedTo(connect, session, limits)));
    this.#log.accepted(session.clientId, session.principal, connect.version);
    this.#inbound?.open(session.clientId, hotPath);
    this.deliveries.open({
      ...connect,
      clientId: session.clientId,
      isPersistent: session.isPersistent,
      receiveMaximum: Math.min(connect.receiveMaximum, limits.inFlight),
      topicAliasMaximum: Math.min(connect.topicAliasMaximum, limits.topicAliases),
    });
  }

  send(batch: readonly Uint8Array[]): void {
    for (const data of batch) this.egress.write(data);
  }

  acknowledge(qos: 1 | 2, packetId: number, reasonCode: number, reason: string): void {
    this.#inbound?.acknowledge(qos, packetId, reasonCode, reason);
  }

  admit(targets: readonly QueueTarget[], packet: StoredPacket): 'held' | (() => void) | undefined {
    return this.deliveries.admit(targets, packet);
  }

  whenRoom(task: () => void): void {
    this.deliveries.whenRoom(task);
  }

  refused(refusal: Refusal): void {
    this.#refuse(refusal, undefined, '');
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
    this.#link.end();
  }

  hand(frame: Buffer): void {
    this.#engine?.handle(frame);
  }

  skipped(): void {
    this.#log.skipped();
  }

  broken(reason: string): void {
    this.#destroy(reason);
  }

  drained(): void {
    this.deliveries.drained();
  }

  take(frame: Buffer): void {
    if (this.#isOver) return;
    const refusal = this.#inbound === undefined ? this.#receiveConnect(frame) : this.#inbound.receive(frame);
    if (refusal !== undefined) this.#refuse(refusal, frame);
    else this.#keepAlive?.touch();
  }

  uncuttable(refusal: Refusal): void {
    this.#refuse(refusal);
  }

  goOn(): void {
    this.#inbound?.goOn();
  }

  published(): void {
    const { memory } = this.#deps;
    if (!memory.isFull) return;
    this.intake.pause();
    memory.whenRoom(() => this.intake.resume());
  }

  #receiveConnect(frame: Buffer): Refusal | undefined {
    const connect = parseConnect(frame);
    if (isRefusal(connect)) return connect;
    const { limits, engine } = this.#deps;
    this.#connect = connect;
    const fault = connectFault(connect, limits);
    if (fault !== undefined) return fault;
    this.#cutter.maxPacketBytes = limits.packetSize;
    this.#engine = engine.open(this);
    this.#inbound = new Inbound(this);
    this.#inbound.pass(frame);
    return undefined;
  }

  /** Nothing is taken and nothing is sent any more. */
  #finish(): void {
    this.egress.close();
    this.#isOver = true;
    this.intake.close();
    this.#connectTimer.cancel();
    this.#keepAlive?.cancel();
    this.#inbound?.close();
    this.deliveries.close();
    this.holding.release();
  }

  /** Answers in the client's dialect, then closes. [MQTT-4.13.1-1] */
  #refuse(refusal: Refusal, frame?: Buffer, toldMessage = refusal.message): void {
    if (this.#isOver) return;
    this.#finish();
    this.#reason = refusal.message;
    this.#log.refused(refusal);
    const answer = this.#answerTo({ ...refusal, message: toldMessage }, frame);
    if (answer !== undefined) this.#link.write([answer]);
    this.#engine?.closed();
    this.#link.end();
  }

  #answerTo(refusal: Refusal, frame: Buffer | undefined): Buffer | undefined {
    if (this.#connect === undefined) {
      const version = frame === undefined ? undefined : requestedVersion(frame);
      return version === undefined ? undefined : connackRefusal(version, refusal);
    }
    const { version, wantsProblemInformation, maximumPacketSize } = this.#connect;
    if (!this.#isAccepted) return connackRefusal(version, refusal, maximumPacketSize);
    return version === 5 ? disconnectFor(refusal, wantsProblemInformation, maximumPacketSize) : undefined;
  }

  #connectTimedOut(): void {
    this.#destroy(`no complete CONNECT within limits.connectTimeout (${this.#deps.limits.connectTimeout} ms)`);
  }

  #waitForSilence(silenceMs: number): KeepAlive {
    const { wheel, limits } = this.#deps;
    const isBehind = (): boolean => this.intake.isBehind;
    const ended = (): void => this.#keepAliveEnded(silenceMs);
    return new KeepAlive({ silenceMs, pace: limits.packetPace }, { wheel, cutter: this.#cutter, isBehind, ended });
  }

  #keepAliveEnded(silenceMs: number): void {
    this.#refuse(
      refuse(
        reasonCodes.keepAliveTimeout,
        'MQTT-3.1.2-22',
        `keep alive timeout: no packet came for ${silenceMs / 1_000} s, one and a half times the keep alive`,
      ),
    );
  }

  #destroy(reason: string): void {
    this.#reason ??= reason;
    this.#finish();
    this.#link.destroy(reason);
  }
}
