import { StoreError } from '../../kernel/errors.ts';
import type { Slices } from '../../kernel/slices.ts';
import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import type { TimerWheel } from '../../kernel/timer-wheel.ts';
import type { Message } from '../../plane/message.ts';
import type { Delivery } from '../../plane/plane.ts';
import type { Admission } from '../publish/admission.ts';
import type { QueueKeys } from '../publish/queue-keys.ts';
import { QueuedPublish } from '../publish/queued-publish.ts';
import { toStoredMessage } from '../publish/stored-message.ts';
import { StoredPublish } from '../publish/stored-publish.ts';
import type { QueuedPacket, QueueKey, QueueTarget, Store, StoredMessage } from '../store-port.ts';
import { identifiersOf } from '../stored-properties.ts';
import { bytesOfPacket, HeldMessages, type HeldTotal, type PacingOptions } from './held-messages.ts';
import type { Lane } from './lane.ts';
import { LaneWrites } from './lane-writes.ts';
import { type Outgoing, queueKeyOf } from './outgoing.ts';
import { QueueReader } from './queue-reader.ts';
import type { Sender } from './sender.ts';

export interface StoreLaneDeps {
  readonly store: Store;
  readonly keys: QueueKeys;
  readonly now: () => number;
  /** Waits before a write that the store could not take is tried again. */
  readonly wheel: TimerWheel;
  /** Time to read a long queue. */
  readonly slices: Slices;
  readonly pacing: PacingOptions;
  readonly held: HeldTotal;
  readonly telemetry: Pick<Telemetry, 'events'>;
}

/** Whose queue it is. */
export interface StoreLaneClient {
  /** Sends the PUBREL of an earlier connection again. */
  release(packetId: number): void;
  /** Whether what was queued for it may be sent now. */
  mayHave(topic: string, wasSent: boolean): boolean;
}

interface Size {
  messages: number;
  bytes: number;
}

/** For a session that outlives its connection: every message stands in the store until the client is through with it. */
export class StoreLane implements Lane {
  readonly #sender: Sender;
  readonly #clientId: string;
  readonly #deps: StoreLaneDeps;
  readonly #client: StoreLaneClient;
  readonly #queueReader: QueueReader;
  readonly #writes: LaneWrites;
  #isClosed = false;
  /** What came from NATS while the queue had no room; made with the first. */
  #held: HeldMessages | undefined;
  /** Given to the store, and not kept or not routed yet. */
  readonly #coming: Size = noSize();
  /** In the queue and not sent, as far as it came over this connection. */
  #unsent: Size = noSize();
  /** The queue was read to its end once, so that what stands in it is known. */
  #isQueueKnown = false;

  constructor(sender: Sender, clientId: string, deps: StoreLaneDeps, client: StoreLaneClient) {
    this.#sender = sender;
    this.#clientId = clientId;
    this.#deps = deps;
    this.#client = client;
    this.#writes = new LaneWrites({ wheel: deps.wheel, failed: (reason) => sender.sink.fail(reason) });
    this.#queueReader = new QueueReader({
      store: deps.store,
      slices: deps.slices,
      clientId,
      window: sender.window,
      hasRoom: () => this.hasRoom,
      send: (packet) => this.#sendQueued(packet),
      resend: (packet) => this.#resend(packet),
      failed: (reason) => sender.sink.fail(reason),
      emptied: () => this.#emptied(),
    });
  }

  get hasRoom(): boolean {
    const { window, sink } = this.#sender;
    return !window.isFull && !sink.isCongested();
  }

  push(message: Message, delivery: Delivery): void {
    if (message instanceof QueuedPublish && message.isHeldFor(this.#clientId)) return this.#heldArrived();
    const key = queueKeyOf(message) ?? this.#enqueue(message, delivery);
    if (this.#queueReader.isEmpty && this.hasRoom)
      this.#send({ message, delivery, bytes: 0, since: 0 }, key, undefined);
    else {
      this.#queueReader.missed();
      add(this.#unsent, 1, bytesOfPacket(message));
    }
  }

  admit(targets: readonly QueueTarget[], packet: StoredMessage, isKept: boolean): Admission {
    if (this.#held?.isEmpty === false || !this.#hasQueueRoom()) {
      if (isKept) return this.#heldMessages().holdKept(targets, packet);
      this.#heldMessages().hold(targets, packet);
      return 'held';
    }
    const bytes = bytesOfPacket(packet);
    add(this.#coming, 1, bytes);
    return () => add(this.#coming, -1, -bytes);
  }

  advance(): void {
    this.#queueReader.advance();
    this.#releaseHeld();
  }

  /** The store learns it first, or a restart would send the message again. [MQTT-4.3.3-6] */
  received(packetId: number, release: () => void): void {
    this.#writes.after(() => this.#deps.store.markReceived(this.#clientId, packetId), release);
  }

  finished(packetId: number): void {
    this.#settled(packetId);
    this.advance();
  }

  close(): Outgoing[] {
    this.#isClosed = true;
    this.#writes.close();
    this.#queueReader.stop();
    this.#held?.release(() => true); // the queue decides from now on
    return [];
  }

  /** An earlier connection of the session held it and has given it to the queue meanwhile, where this one does not hold. */
  #heldArrived(): void {
    if (this.#held?.isEmpty !== false) this.#queueReader.missed();
  }

  /** Half of the queue is for what comes from NATS while the client is connected, so that what others publish fits too. */
  #hasQueueRoom(): boolean {
    const { queuedMessages, queuedBytes } = this.#deps.pacing;
    const messages = this.#sender.window.inUse + this.#coming.messages + this.#unsent.messages;
    return this.#isQueueKnown && messages < queuedMessages && this.#coming.bytes + this.#unsent.bytes < queuedBytes;
  }

  #emptied(): void {
    this.#isQueueKnown = true;
    this.#unsent = noSize();
    this.#releaseHeld();
  }

  #releaseHeld(): void {
    if (this.#held === undefined || this.#isClosed) return;
    if (!this.#held.release(() => this.#hasQueueRoom())) return;
    this.#queueReader.missed();
    this.#queueReader.advance();
  }

  #heldMessages(): HeldMessages {
    const { store, pacing, held, telemetry } = this.#deps;
    this.#held ??= new HeldMessages({
      clientId: this.#clientId,
      maxBytes: pacing.heldBytes,
      total: held,
      events: telemetry.events,
      enqueue: (targets, packet, sender) => {
        add(this.#unsent, 1, bytesOfPacket(packet));
        this.#writes.write(
          () =>
            store.keep(packet, targets).then(sender?.kept, (cause: unknown) => {
              unlessRefused(cause);
              sender?.refused(cause);
            }),
          undefined,
          sender?.refused,
        );
      },
    });
    return this.#held;
  }

  /** For what was sent to this client alone: retained messages, and what another member of a group left behind. */
  #enqueue(message: Message, { qos, retain, identifiers, shared }: Delivery): QueueKey {
    const { store, keys, now } = this.#deps;
    const key = keys.next();
    const [filter] = shared ?? []; // of a group that the next member is in too
    const group = filter === undefined ? {} : { filter };
    const target = { clientId: this.#clientId, qos, retainAsPublished: true, ...group };
    const targets: QueueTarget[] = identifiers.map((identifier) => ({ ...target, identifier }));
    const packet = { ...toStoredMessage(message, key, now()), retain };
    this.#writes.after(() => store.keep(packet, targets.length === 0 ? [target] : targets));
    return key;
  }

  /** @param key under which the store knows the message */
  #send(outgoing: Outgoing, key: QueueKey, left: number | undefined): void {
    const sender = this.#sender;
    const packet = sender.number(outgoing, left, false);
    const { qos } = outgoing.delivery;
    if (packet === undefined) this.#discard(key);
    else {
      const noted = (): Promise<void> => this.#deps.store.markSent(this.#clientId, key, packet.packetId);
      // at QoS 2 the store must know the identifier before the client does, or the message could come twice
      if (qos === 2) this.#writes.after(noted, () => sender.sink.deliver(packet.frame, qos, packet.rest));
      else {
        sender.sink.deliver(packet.frame, qos, packet.rest);
        this.#writes.after(noted);
      }
    }
  }

  #sendQueued(packet: StoredMessage): void {
    add(this.#unsent, -1, -bytesOfPacket(packet));
    const { runId = '', counter = -1, expiresAt } = packet;
    const left = expiresAt === undefined ? undefined : Math.ceil((expiresAt - this.#deps.now()) / 1_000);
    const key = { runId, counter };
    if ((left !== undefined && left <= 0) || !this.#client.mayHave(packet.topic, false)) this.#discard(key);
    else this.#send(outgoingOf(packet), key, left);
  }

  #resend(packet: QueuedPacket): void {
    const packetId = packet.packetId ?? 0;
    if (packet.cmd === 'pubrel') {
      this.#sender.window.set(packetId, 'pubcomp');
      this.#client.release(packetId);
    } else if (!this.#client.mayHave(packet.topic, true) || !this.#sender.resend(outgoingOf(packet), packetId, {}))
      this.#settled(packetId);
  }

  #settled(packetId: number): void {
    this.#writes.after(() => this.#deps.store.settle(this.#clientId, packetId));
  }

  #discard(key: QueueKey): void {
    this.#writes.after(() => this.#deps.store.discard(this.#clientId, key));
  }
}

const noSize = (): Size => ({ messages: 0, bytes: 0 });

function add(size: Size, messages: number, bytes: number): void {
  size.messages = Math.max(0, size.messages + messages);
  size.bytes = Math.max(0, size.bytes + bytes);
}

/** The store has told of what it refuses. */
function unlessRefused(cause: unknown): void {
  if (!(cause instanceof StoreError) || cause.code !== 'store-full') throw cause;
}

const outgoingOf = (packet: StoredMessage): Outgoing => ({
  message: new StoredPublish(packet, { kind: 'broker' }),
  delivery: {
    qos: packet.qos,
    retain: packet.retain,
    identifiers: identifiersOf(packet.properties),
  },
  bytes: 0,
  since: 0,
});
