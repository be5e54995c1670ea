import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { protocolError, type Refusal } from '../../mqtt/refusal.ts';
import type { Message } from '../../plane/message.ts';
import type { Delivery, Subscriber } from '../../plane/plane.ts';
import type { AuthorizedClient, Authorizer } from '../ports.ts';
import type { Admission } from '../publish/admission.ts';
import type { LimitsOptions } from '../schema.ts';
import type { QueueTarget, StoredMessage } from '../store-port.ts';
import type { Traffic } from '../traffic.ts';
import type { Lane } from './lane.ts';
import { MemoryLane } from './memory-lane.ts';
import type { Outgoing } from './outgoing.ts';
import { type DeliverySink, Sender, type SenderOptions } from './sender.ts';
import { StoreLane, type StoreLaneDeps } from './store-lane.ts';

/** The session of a client that was accepted. */
export interface DeliverySession extends SenderOptions {
  readonly clientId: string;
  /** It outlives the connection, so what is queued for it stands in the store. */
  readonly isPersistent: boolean;
  /** See `AcceptedSession`. */
  readonly bringsTopic: (topic: string) => boolean;
}

export interface DeliveriesDeps extends StoreLaneDeps {
  readonly authorizer: Omit<Authorizer, 'publish'>;
  readonly limits: Pick<LimitsOptions, 'outboundBuffer'>;
  readonly traffic: Traffic;
  /** Gives what a client has not answered to another member of its shared group. */
  readonly reroute: (open: readonly Outgoing[], leaver: Subscriber) => void;
}

/** Everything on its way to one client, and its answers. */
export class Deliveries implements Subscriber {
  readonly #sink: DeliverySink;
  readonly #deps: DeliveriesDeps;
  #client: AuthorizedClient | undefined;
  #session: DeliverySession | undefined;
  #sender: Sender | undefined;
  #lane: Lane | undefined;
  #roomAwaited: (() => void) | undefined;
  #isClosed = false;
  /** What it is given stands in its queue. */
  #isPersistent = false;
  /** Of the rules that it began with. */
  #generation = 0;

  constructor(sink: DeliverySink, deps: DeliveriesDeps) {
    this.#sink = sink;
    this.#deps = deps;
  }

  get clientId(): string | undefined {
    return this.#client?.clientId;
  }

  /** Who it is, before it has a subscription, or once it has proved itself anew. */
  identify(client: AuthorizedClient): void {
    if (client !== this.#client) this.#generation = -1; // what waits is judged by what is known of it now
    this.#client = client;
  }

  /** CONNACK is on its way: deliveries may follow. [MQTT-3.2.0-1] */
  open(session: DeliverySession): void {
    this.#session = session;
    this.#generation = this.#deps.authorizer.generation;
    this.#isPersistent = session.isPersistent;
    this.#count(1);
    const sender = new Sender(session, this.#sink);
    this.#sender = sender;
    this.#lane = session.isPersistent
      ? new StoreLane(sender, session.clientId, this.#deps, {
          release: (packetId) => this.#release(packetId, reasonCodes.success),
          mayHave: (topic, wasSent) => this.#mayHave(topic, wasSent),
        })
      : new MemoryLane(sender, this.#deps, (topic) => !this.#haveRulesChanged || this.#mayHave(topic, false));
    this.#lane.advance();
  }

  /** Before `open` nobody is there to get it; what is queued is read from the store then. */
  deliver(message: Message, delivery: Delivery): void {
    if (delivery.qos === 0) this.#sender?.send({ message, delivery });
    else if (this.#lane !== undefined) this.#lane.push(message, delivery);
    else if (this.#isClosed && !this.#isPersistent && delivery.shared !== undefined)
      this.#deps.reroute([{ message, delivery, bytes: 0, since: this.#deps.now() }], this); // it was chosen and left meanwhile
  }

  /** See `EdgePort.admit`. */
  admit(targets: readonly QueueTarget[], packet: StoredMessage, isKept: boolean): Admission {
    return this.#lane?.admit?.(targets, packet, isKept);
  }

  /** One more message would be sent at once. */
  canTake(): boolean {
    return this.#lane?.hasRoom ?? false;
  }

  mayReceive(topic: string): boolean {
    return this.#client === undefined || this.#deps.authorizer.receive?.(this.#client, topic) === undefined;
  }

  get #haveRulesChanged(): boolean {
    return this.#deps.authorizer.generation !== this.#generation;
  }

  /**
   * What was queued may stand there for a subscription that has ended since. Nobody outside is asked about each message:
   * where rules say nothing, the subscriptions do that are left of what was allowed, and what was sent once is known to it.
   */
  #mayHave(topic: string, wasSent: boolean): boolean {
    if (this.#client === undefined) return true;
    if (!this.mayReceive(topic)) return false;
    const verdict = this.#deps.authorizer.subscribe(this.#client, topic, 0);
    if (typeof verdict !== 'function') return verdict === undefined;
    return wasSent || this.#session?.bringsTopic(topic) === true;
  }

  canKeep(): boolean {
    return this.#isPersistent && this.#lane !== undefined;
  }

  isGone(): boolean {
    return this.#isClosed;
  }

  /** Calls back as soon as one more message would be sent at once, or never will be. One at a time may wait. */
  whenRoom(task: () => void): void {
    if (this.#lane?.hasRoom !== false) process.nextTick(task);
    else this.#roomAwaited = task;
  }

  /** PUBACK. [MQTT-4.3.2-3] */
  acknowledged(packetId: number): Refusal | undefined {
    const awaits = this.#sender?.window.get(packetId);
    if (awaits === undefined) return undefined; // an answer to an earlier connection
    if (awaits !== 'puback')
      return protocolError('MQTT-4.3.3-4', `PUBACK for packet identifier ${packetId}, which is a message at QoS 2`);
    this.#finish(packetId);
    return undefined;
  }

  /** PUBREC. [MQTT-4.3.3-4] @param isRefused its reason code is 0x80 or above: no PUBCOMP follows. [MQTT-4.3.3-5] */
  received(packetId: number, isRefused: boolean): Refusal | undefined {
    const awaits = this.#sender?.window.get(packetId);
    if (awaits === 'puback')
      return protocolError('MQTT-4.3.2-3', `PUBREC for packet identifier ${packetId}, which is a message at QoS 1`);
    if (awaits === undefined) {
      if (!isRefused) this.#release(packetId, reasonCodes.packetIdentifierNotFound);
    } else if (isRefused) this.#finish(packetId);
    else {
      this.#sender?.window.set(packetId, 'pubcomp');
      this.#lane?.received(packetId, () => this.#release(packetId, reasonCodes.success));
    }
    return undefined;
  }

  /** PUBCOMP. [MQTT-4.3.3-7] */
  completed(packetId: number): Refusal | undefined {
    const awaits = this.#sender?.window.get(packetId);
    if (awaits === undefined) return undefined;
    if (awaits !== 'pubcomp')
      return protocolError('MQTT-4.3.3-7', `PUBCOMP for packet identifier ${packetId}, which was not released`);
    this.#finish(packetId);
    return undefined;
  }

  /** The client took what was buffered. */
  drained(): void {
    this.#lane?.advance();
    this.#callAwaited();
  }

  /** The connection is gone: what nobody has answered and no store has goes to others of its shared groups. */
  close(): void {
    this.#isClosed = true;
    if (this.#session !== undefined) this.#count(-1);
    const open = this.#lane?.close() ?? [];
    this.#session = undefined;
    this.#sender = undefined;
    this.#lane = undefined;
    this.#callAwaited();
    if (open.length > 0) this.#deps.reroute(open, this);
  }

  #count(change: 1 | -1): void {
    const { traffic } = this.#deps;
    traffic.clients += change;
    if (traffic.clients > traffic.mostClients) traffic.mostClients = traffic.clients;
    if (this.#isPersistent) traffic.sessions += change;
  }

  #release(packetId: number, reasonCode: number): void {
    if (this.#session === undefined) return;
    this.#sink.acknowledge('pubrel', this.#session.version, packetId, reasonCode);
  }

  #finish(packetId: number): void {
    this.#sender?.window.release(packetId);
    this.#lane?.finished(packetId);
    this.#callAwaited();
  }

  #callAwaited(): void {
    const awaited = this.#roomAwaited;
    if (awaited === undefined || this.#lane?.hasRoom === false) return;
    this.#roomAwaited = undefined;
    awaited();
  }
}
