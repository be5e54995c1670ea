import type { Clock } from '../kernel/clock.ts';
import { Fifo } from '../kernel/fifo.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { connackRefusal, disconnectFor } from '../mqtt/answer.ts';
import { type ConnectPacket, parseConnect, requestedVersion } from '../mqtt/connect.ts';
import { FrameCutter } from '../mqtt/frame.ts';
import { packetTypeOf, packetTypes } from '../mqtt/packet-type.ts';
import { packetIdOf, parsePublish } from '../mqtt/publish.ts';
import { reasonCodes } from '../mqtt/reason-codes.ts';
import { isRefusal, type Refusal, refuse } from '../mqtt/refusal.ts';
import { validatePacket } from '../mqtt/validate.ts';
import type { ProtocolVersion } from '../mqtt/version.ts';
import type { Qos } from '../plane/message.ts';
import { Outbox, type Turn } from '../plane/outbox.ts';
import { ConnectionLog } from './connection-log.ts';
import type { EdgePort, Engine, EngineConnection } from './engine-port.ts';
import type { HotPath } from './hot-path.ts';
import type { Link, LinkHandler, Peer } from './ports.ts';
import type { LimitsOptions } from './schema.ts';

export interface EdgeDeps {
  readonly limits: LimitsOptions;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly hotPath: HotPath;
  readonly turn: Turn;
  /** The link is gone; called once. */
  readonly ended: (edge: Edge) => void;
}

/** Success, in the short form of MQTT 5 that is also the one of 3.1.1. [MQTT-3.4.2-1] */
const pubackFor = (packetId: number): Buffer => Buffer.from([0x40, 2, packetId >> 8, packetId & 0xff]);

/** Sent bytes that a client has not taken, above which the engine stops filling it up. */
const congestedBytes = 256 * 1024;

/**
 * The border of the broker, one for each connection: cuts the byte stream into packets, holds size and time
 * limits, refuses whatever is malformed and hands the rest to the engine, one packet at a time and in order.
 */
export class Edge implements LinkHandler, EdgePort {
  readonly #link: Link;
  readonly #deps: EdgeDeps;
  readonly #cutter: FrameCutter;
  readonly #outbox: Outbox;
  readonly #log: ConnectionLog;
  readonly #cancelConnectTimer: () => void;
  #engine: EngineConnection | undefined;
  #connect: ConnectPacket | undefined;
  #clientId: string | undefined;
  readonly #take = (frame: Buffer): void => this.#receive(frame);
  /** Packets came that the engine did not see. */
  #wasTouched = false;
  #isHandling = false;
  #isPaused = false;
  #isOver = false;
  #reason: string | undefined;
  /** Packets that wait for the engine. */
  readonly #waiting = new Fifo<Buffer>();
  #waitingBytes = 0;
  /** Packet identifiers of QoS 2 messages that the client has not released. */
  #openQos2: Set<number> | undefined;

  constructor(link: Link, deps: EdgeDeps) {
    this.#link = link;
    this.#deps = deps;
    this.#cutter = new FrameCutter(deps.limits.connectPacketSize);
    this.#log = new ConnectionLog(deps.telemetry.events, link.peer);
    this.#outbox = new Outbox(deps.turn, (batch) => this.#flush(batch));
    this.#cancelConnectTimer = deps.clock.after(deps.limits.connectTimeout, () => this.#connectTimedOut());
    link.open(this);
  }

  get peer(): Peer {
    return this.#link.peer;
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return;
    const refusal = this.#cutter.push(chunk, this.#take);
    if (this.#wasTouched) {
      this.#wasTouched = false;
      this.#engine?.touch();
    }
    if (refusal !== undefined) this.#refuse(refusal);
  }

  onDrain(): void {
    this.#engine?.drained();
  }

  onClose(reason: string): void {
    this.#cancelConnectTimer();
    this.#isOver = true;
    this.#waiting.clear();
    this.#engine?.closed();
    this.#log.ended(this.#reason ?? reason);
    this.#deps.ended(this);
  }

  /** The broker stops: a client that is not connected yet is cut off, the engine says good-bye to the others. */
  shutDown(): void {
    if (this.#clientId === undefined) this.#destroy('the broker shuts down');
  }

  get receiveMaximum(): number {
    return this.#connect?.receiveMaximum ?? 65_535;
  }

  get maximumPacketSize(): number | undefined {
    return this.#connect?.maximumPacketSize;
  }

  send(batch: readonly Uint8Array[]): void {
    if (this.#isOver) return;
    for (const data of batch) this.#outbox.push(data);
  }

  deliver(frame: Uint8Array, qos: Qos): void {
    if (this.#isOver) return;
    const { outboundBuffer } = this.#deps.limits;
    const waiting = this.#waitingForClient();
    if (qos === 0 && waiting * 2 > outboundBuffer) this.#log.skipped();
    else if (waiting <= congestedBytes) this.#outbox.push(frame);
    else if (waiting <= outboundBuffer)
      this.#outbox.push(Buffer.from(frame)); // or it would keep all that it was read with
    else this.#destroy(`it does not read: more than limits.outboundBuffer (${outboundBuffer} bytes) wait for it`);
  }

  isCongested(): boolean {
    return this.#waitingForClient() > congestedBytes;
  }

  handled(): void {
    this.#isHandling = false;
    this.#handNext();
  }

  accepted(clientId: string, principal: string): void {
    this.#clientId = clientId;
    this.#cancelConnectTimer();
    this.#log.accepted(clientId, principal, this.#connect?.version ?? 4);
  }

  failed(reason: string): void {
    this.#reason ??= reason;
  }

  ended(): void {
    if (this.#isOver) return;
    this.#outbox.flush();
    this.#isOver = true;
    this.#cutter.stop();
    this.#link.end();
  }

  #waitingForClient(): number {
    return this.#link.bufferedBytes + this.#outbox.bytes;
  }

  #flush(batch: readonly Uint8Array[]): void {
    if (this.#isOver) return;
    this.#link.write(batch);
    if (!this.isCongested()) this.#engine?.drained();
  }

  #receive(frame: Buffer): void {
    if (this.#isOver) return;
    const outcome =
      this.#connect === undefined ? this.#receiveConnect(frame) : this.#receivePacket(frame, this.#connect);
    if (outcome === 'handled') return;
    if (outcome !== undefined) {
      this.#refuse(outcome, frame);
      return;
    }
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    if (!this.#isPaused && this.#waitingBytes > this.#deps.limits.inboundBuffer) {
      this.#isPaused = true;
      this.#link.pause();
    }
    this.#handNext();
  }

  #receiveConnect(frame: Buffer): Refusal | undefined {
    const connect = parseConnect(frame);
    if (isRefusal(connect)) return connect;
    this.#connect = connect;
    this.#cutter.maxPacketBytes = this.#deps.limits.packetSize;
    this.#engine = this.#deps.engine.open(this);
    return undefined;
  }

  /** @returns `handled` when the engine need not see the packet. */
  #receivePacket(frame: Buffer, { version }: ConnectPacket): Refusal | 'handled' | undefined {
    const type = packetTypeOf(frame);
    if (type === packetTypes.publish) return this.#receivePublish(frame, version);
    const refusal = validatePacket(frame, version);
    if (refusal !== undefined) return refusal;
    if (type === packetTypes.puback || type === packetTypes.pubcomp) return this.#acknowledge(packetIdOf(frame));
    if (type === packetTypes.disconnect) this.#reason ??= 'it sent DISCONNECT';
    if (type === packetTypes.pubrec && (frame[4] ?? 0) >= 0x80) this.#engine?.acknowledged(packetIdOf(frame)); // no PUBCOMP follows
    if (type === packetTypes.pubrel) this.#openQos2?.delete(packetIdOf(frame));
    return undefined;
  }

  #receivePublish(frame: Buffer, version: ProtocolVersion): Refusal | 'handled' | undefined {
    const header = parsePublish(frame, version);
    if (isRefusal(header)) return header;
    if (header.qos === 2) return this.#openPublish(header.packetId);
    if (this.#clientId === undefined || this.#isHandling || this.#waiting.length > 0) return undefined; // it keeps its place
    if (!this.#deps.hotPath.take(frame, header, version, this.#clientId)) return undefined;
    this.#wasTouched = true;
    if (header.qos === 1) this.#outbox.push(pubackFor(header.packetId));
    return 'handled';
  }

  #acknowledge(packetId: number): 'handled' | undefined {
    if (this.#engine?.acknowledged(packetId) !== true) return undefined;
    this.#wasTouched = true;
    return 'handled';
  }

  /** Open QoS 2 messages are bounded, or a client could fill the store with them. [MQTT-3.3.4-7] */
  #openPublish(packetId: number): Refusal | undefined {
    this.#openQos2 ??= new Set();
    this.#openQos2.add(packetId);
    const { receiveMaximum } = this.#deps.limits;
    if (this.#openQos2.size <= receiveMaximum) return undefined;
    return refuse(
      reasonCodes.receiveMaximumExceeded,
      'MQTT-3.3.4-7',
      `more than ${receiveMaximum} QoS 2 messages were sent without a PUBREL (limits.receiveMaximum)`,
    );
  }

  /** The engine gets one packet at a time, so that a SUBSCRIBE never sees a PUBLISH sent before it. */
  #handNext(): void {
    while (!this.#isHandling && !this.#isOver) {
      const frame = this.#waiting.shift();
      if (frame === undefined) break;
      this.#waitingBytes -= frame.length;
      this.#isHandling = true;
      this.#engine?.handle(frame);
    }
    if (this.#isPaused && this.#waitingBytes * 2 < this.#deps.limits.inboundBuffer) {
      this.#isPaused = false;
      this.#link.resume();
    }
  }

  /** Answers in the client's dialect, then closes. [MQTT-4.13.1-1] */
  #refuse(refusal: Refusal, frame?: Buffer): void {
    if (this.#isOver) return;
    this.#outbox.flush();
    this.#isOver = true;
    this.#cutter.stop();
    this.#cancelConnectTimer();
    this.#reason = refusal.message;
    this.#log.refused(refusal);
    const answer = this.#answerTo(refusal, frame);
    if (answer !== undefined) this.#link.write([answer]);
    this.#engine?.closed();
    this.#link.end();
  }

  #answerTo(refusal: Refusal, frame: Buffer | undefined): Buffer | undefined {
    if (this.#connect === undefined) {
      const version = frame === undefined ? undefined : requestedVersion(frame);
      return version === undefined ? undefined : connackRefusal(version, refusal);
    }
    if (this.#connect.version !== 5 || this.#clientId === undefined) return undefined;
    return disconnectFor(refusal, this.#connect.wantsProblemInformation);
  }

  #connectTimedOut(): void {
    if (this.#connect !== undefined && this.#clientId !== undefined) return;
    this.#destroy(`no complete CONNECT within limits.connectTimeout (${this.#deps.limits.connectTimeout} ms)`);
  }

  #destroy(reason: string): void {
    this.#reason ??= reason;
    this.#isOver = true;
    this.#link.destroy(reason);
  }
}
