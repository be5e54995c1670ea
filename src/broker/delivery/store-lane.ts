import { messageOf, StoreError } from '../../kernel/errors.ts';
import { Fifo } from '../../kernel/fifo.ts';
import type { Slices } from '../../kernel/slices.ts';
import type { TimerWheel } from '../../kernel/timer-wheel.ts';
import type { Message } from '../../plane/message.ts';
import type { Delivery } from '../../plane/plane.ts';
import type { QueueKeys } from '../publish/queue-keys.ts';
import { StoredMessage } from '../publish/stored-message.ts';
import { storedPacket } from '../publish/stored-packet.ts';
import { identifiersOf } from '../publish/stored-properties.ts';
import type { PacketKey, QueuedPacket, SessionRef, SessionStore, StoredPacket } from '../session-store.ts';
import { Backlog } from './backlog.ts';
import type { Lane } from './lane.ts';
import { type Outgoing, queueKeyOf } from './outgoing.ts';
import type { Sender } from './sender.ts';

export interface StoreLaneDeps {
  readonly store: SessionStore;
  readonly keys: QueueKeys;
  readonly now: () => number;
  /** Waits before a write that the store could not take is tried again. */
  readonly wheel: TimerWheel;
  /** Time to read a long queue. */
  readonly slices: Slices;
}

/** Milliseconds after which a store that did not answer is asked again. */
const retryMs = 1_000;

interface Step {
  readonly run: () => void;
  isDue: boolean;
}

/** For a session that outlives its connection: every message stands in the store until the client is through with it. */
export class StoreLane implements Lane {
  readonly #sender: Sender;
  readonly #session: SessionRef;
  readonly #deps: StoreLaneDeps;
  readonly #release: (packetId: number) => void;
  readonly #backlog: Backlog;
  /** What waits for a write; no more than are under way to the client. */
  readonly #steps = new Fifo<Step>();
  #isClosed = false;

  /** @param release sends the PUBREL of an earlier connection again */
  constructor(sender: Sender, session: SessionRef, deps: StoreLaneDeps, release: (packetId: number) => void) {
    this.#sender = sender;
    this.#session = session;
    this.#deps = deps;
    this.#release = release;
    this.#backlog = new Backlog({
      store: deps.store,
      slices: deps.slices,
      session,
      window: sender.window,
      hasRoom: () => this.hasRoom,
      send: (packet) => this.#sendQueued(packet),
      resend: (packet) => this.#resend(packet),
      failed: (reason) => sender.sink.fail(reason),
    });
  }

  get hasRoom(): boolean {
    const { window, sink } = this.#sender;
    return !window.isFull && !sink.isCongested();
  }

  push(message: Message, delivery: Delivery): void {
    const key = queueKeyOf(message) ?? this.#enqueue(message, delivery);
    if (this.#backlog.isEmpty && this.hasRoom) this.#send({ message, delivery, bytes: 0, since: 0 }, key, undefined);
    else this.#backlog.missed();
  }

  advance(): void {
    this.#backlog.advance();
  }

  /** The store learns it first, or a restart would send the message again. [MQTT-4.3.3-6] */
  received(packetId: number, release: () => void): void {
    this.#after(() => this.#deps.store.outgoingUpdate(this.#session, { cmd: 'pubrel', messageId: packetId }), release);
  }

  finished(packetId: number): void {
    this.#clear({ messageId: packetId });
    this.advance();
  }

  close(): Outgoing[] {
    this.#isClosed = true;
    this.#backlog.stop();
    return [];
  }

  /** For what was sent to this client alone: retained messages, and what another member of a group left behind. */
  #enqueue(message: Message, { qos, retain, identifiers }: Delivery): PacketKey {
    const { store, keys, now } = this.#deps;
    const key = keys.next();
    const target = { clientId: this.#session.id, qos, rap: true };
    const targets = identifiers.map((subscriptionIdentifier) => ({ ...target, subscriptionIdentifier }));
    const packet = { ...storedPacket(message, key, now()), retain };
    this.#after(() => store.outgoingEnqueueCombi(targets.length === 0 ? [target] : targets, packet));
    return key;
  }

  /** @param key under which the store knows the message */
  #send(outgoing: Outgoing, key: PacketKey, left: number | undefined): void {
    const sender = this.#sender;
    const packet = sender.number(outgoing, left, false);
    const { qos } = outgoing.delivery;
    if (packet === undefined) this.#clear(key);
    else {
      const note = { cmd: 'publish', messageId: packet.packetId, ...key };
      const noted = (): Promise<void> => this.#deps.store.outgoingUpdate(this.#session, note);
      // at QoS 2 the store must know the identifier before the client does, or the message could come twice
      if (qos === 2) this.#after(noted, () => sender.sink.deliver(packet.frame, qos));
      else {
        sender.sink.deliver(packet.frame, qos);
        this.#after(noted);
      }
    }
  }

  #sendQueued(packet: StoredPacket): void {
    const { brokerId, brokerCounter, messageExpiry } = packet;
    const left = messageExpiry === undefined ? undefined : Math.ceil((messageExpiry - this.#deps.now()) / 1_000);
    const key = { brokerId, brokerCounter };
    if (left !== undefined && left <= 0) this.#clear(key);
    else this.#send(outgoingOf(packet), key, left);
  }

  #resend(packet: QueuedPacket): void {
    const packetId = packet.messageId ?? 0;
    if (packet.cmd === 'pubrel') {
      this.#sender.window.set(packetId, 'pubcomp');
      this.#release(packetId);
    } else if (!this.#sender.resend(outgoingOf(packet), packetId, {})) this.#clear({ messageId: packetId });
  }

  #clear(key: PacketKey): void {
    this.#after(() => this.#deps.store.outgoingClearMessageId(this.#session, key));
  }

  /** What follows a write follows it in the order of the calls, also where one had to be tried again. [MQTT-4.6.0-6] */
  #after(write: () => Promise<unknown>, then?: () => void): void {
    if (then === undefined) {
      this.#write(write, () => undefined);
      return;
    }
    const step: Step = { run: then, isDue: false };
    this.#steps.push(step);
    this.#write(write, () => {
      step.isDue = true;
      while (this.#steps.peek()?.isDue === true) this.#steps.shift()?.run();
    });
  }

  /** Writes, again and again while the store does not answer: the client has nothing to do with that. */
  #write(write: () => Promise<unknown>, written: () => void): void {
    write().then(
      () => (this.#isClosed ? undefined : written()),
      (cause: unknown) => {
        if (this.#isClosed) return;
        if (cause instanceof StoreError && cause.code === 'store-unavailable')
          this.#deps.wheel.add(retryMs, () => (this.#isClosed ? undefined : this.#write(write, written)));
        else this.#sender.sink.fail(`the session store failed: ${messageOf(cause)}`);
      },
    );
  }
}

const outgoingOf = (packet: StoredPacket): Outgoing => ({
  message: new StoredMessage(packet, { kind: 'broker' }),
  delivery: {
    qos: packet.qos,
    retain: packet.retain,
    identifiers: identifiersOf(packet.properties),
  },
  bytes: 0,
  since: 0,
});
