import type { Nameable, QueuedPacket, QueueKey, StoredMessage } from '../../broker/store-port.ts';
import type { Qos } from '../../plane/message.ts';
import { bytesOf } from '../detach.ts';
import { emptySize, type Lapse, lapseAt, type Size } from '../limits.ts';

/** How one client gets a message that is shared with the queues of others. */
export interface QueueDelivery {
  readonly qos: Qos;
  readonly retain: boolean;
  /** Identifiers of all matching subscriptions that have one. [MQTT-3.3.4-4] */
  readonly identifiers: readonly number[];
  /** As `StoredMessage.shared`. */
  readonly shared?: readonly string[] | undefined;
}

interface Entry {
  readonly key: string;
  readonly delivery: QueueDelivery;
  /** Undefined once the client has received it and only the PUBREL is left. */
  message: StoredMessage | undefined;
  /** Undefined until it was sent. */
  messageId: number | undefined;
  /** Milliseconds since the epoch. */
  readonly queuedAt: number;
  /** Of the message; 0 once only the PUBREL is left. */
  bytes: number;
  /** An older entry under the same packet identifier; the engine may hand one out twice. */
  shadowed: Entry | undefined;
}

export interface MemoryReplayDeps {
  readonly now: () => number;
  /** Longest time in the queue; undefined for no limit. */
  readonly ageMs: number | undefined;
  /** Is told of each message that nobody needs to send any more. */
  readonly onLapsed: (reason: Lapse, topic: string) => void;
}

/** The messages that one client has not acknowledged yet, oldest first. Every operation costs the same at any length. */
export class ClientQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #byMessageId = new Map<number, Entry>();
  readonly #total: Size;
  readonly #size: Size = emptySize();
  #unnamed = 0;

  /** @param total of all queues, kept up to date here. */
  constructor(total: Size = emptySize()) {
    this.#total = total;
  }

  /** Messages with what is left of those received, and their bytes. */
  get size(): Readonly<Size> {
    return this.#size;
  }

  has(packet: Nameable): boolean {
    const key = nameOf(packet);
    return key !== undefined && this.#entries.has(key);
  }

  /** Adds a message; one that is queued already is not queued twice. @param queuedAt milliseconds since the epoch. */
  push(message: StoredMessage, delivery: QueueDelivery, queuedAt = 0): void {
    const key = nameOf(message) ?? `#${++this.#unnamed}`;
    if (this.#entries.has(key)) return;
    const bytes = bytesOf(message);
    this.#entries.set(key, { key, delivery, message, messageId: undefined, queuedAt, bytes, shadowed: undefined });
    this.#count(1, bytes);
  }

  markSent(key: QueueKey, packetId: number): void {
    const entry = this.#entries.get(keyOf(key));
    if (entry !== undefined) this.#assign(entry, packetId);
  }

  /** Only the PUBREL is left of it. */
  markReceived(packetId: number): void {
    const entry = this.#find(packetId);
    if (entry === undefined) return;
    entry.message = undefined;
    this.#count(0, -entry.bytes);
    entry.bytes = 0;
  }

  settle(packetId: number): void {
    const entry = this.#find(packetId);
    if (entry !== undefined) this.#delete(entry);
  }

  discard(key: QueueKey): void {
    const entry = this.#entries.get(keyOf(key));
    if (entry?.messageId === undefined && entry !== undefined) this.#delete(entry);
  }

  clearAll(): void {
    this.#count(-this.#size.messages, -this.#size.bytes);
    this.#entries.clear();
    this.#byMessageId.clear();
  }

  /** Removes the oldest entry. @returns its topic; undefined when only a PUBREL was left of it. */
  dropOldest(): string | undefined {
    const [oldest] = this.#entries.values();
    if (oldest !== undefined) this.#delete(oldest);
    return oldest?.message?.topic;
  }

  /** Removes what nobody needs to send any more from the head of the queue. @param most entries to look at. */
  dropLapsed(most: number, { now, ageMs, onLapsed }: MemoryReplayDeps): void {
    let left = most;
    for (const entry of this.#entries.values()) {
      const lapse = lapseOf(entry, now(), ageMs);
      if (left === 0 || lapse === undefined) return;
      left -= 1;
      this.#delete(entry);
      onLapsed(lapse, entry.message?.topic ?? '');
    }
  }

  /** What is queued at the time of the call; entries that go away while it is read are left out. */
  replay(deps: MemoryReplayDeps): Generator<QueuedPacket, void> {
    return this.#replay([...this.#entries.values()], deps);
  }

  *#replay(entries: readonly Entry[], { now, ageMs, onLapsed }: MemoryReplayDeps): Generator<QueuedPacket, void> {
    for (const entry of entries) {
      if (this.#entries.get(entry.key) !== entry) continue;
      const lapse = lapseOf(entry, now(), ageMs);
      if (lapse === undefined) yield toPacket(entry);
      else {
        this.#delete(entry);
        onLapsed(lapse, entry.message?.topic ?? '');
      }
    }
  }

  #find(messageId: number | undefined): Entry | undefined {
    if (messageId === undefined) return undefined;
    let entry = this.#byMessageId.get(messageId);
    while (entry !== undefined && (entry.messageId !== messageId || this.#entries.get(entry.key) !== entry))
      entry = entry.shadowed;
    return entry;
  }

  #assign(entry: Entry, messageId: number): void {
    if (entry.messageId === messageId) return;
    this.#release(entry);
    entry.messageId = messageId;
    entry.shadowed = this.#find(messageId);
    this.#byMessageId.set(messageId, entry);
  }

  #count(messages: number, bytes: number): void {
    for (const size of [this.#size, this.#total]) {
      size.messages += messages;
      size.bytes += bytes;
    }
  }

  #delete(entry: Entry): void {
    if (this.#entries.delete(entry.key)) this.#count(-1, -entry.bytes);
    this.#release(entry);
  }

  #release(entry: Entry): void {
    const { messageId } = entry;
    if (messageId === undefined || this.#byMessageId.get(messageId) !== entry) return;
    if (entry.shadowed === undefined) this.#byMessageId.delete(messageId);
    else this.#byMessageId.set(messageId, entry.shadowed);
  }
}

const keyOf = ({ runId, counter }: QueueKey): string => `${counter}@${runId}`;

const nameOf = ({ runId, counter }: Nameable): string | undefined =>
  runId === undefined || counter === undefined ? undefined : keyOf({ runId, counter });

/** A message that was sent before goes on to its end, expired or not. [MQTT-3.3.2-5] */
function lapseOf({ message, messageId, queuedAt }: Entry, now: number, ageMs: number | undefined): Lapse | undefined {
  if (messageId !== undefined || message === undefined) return undefined;
  return lapseAt(now, { expiresAt: message.expiresAt, queuedAt }, ageMs);
}

function toPacket({ message, messageId, delivery }: Entry): QueuedPacket {
  if (message === undefined) return { cmd: 'pubrel', packetId: messageId ?? 0 };
  const { topic, payload, runId, counter, clientId, properties, expiresAt } = message;
  const { qos, retain, identifiers, shared } = delivery;
  return {
    cmd: 'publish',
    runId,
    counter,
    topic,
    payload,
    qos,
    retain,
    dup: messageId !== undefined, // sent before [MQTT-3.3.1-1]
    packetId: messageId,
    ...(clientId === undefined ? {} : { clientId }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(shared === undefined ? {} : { shared }),
    ...(properties === undefined && identifiers.length === 0
      ? {}
      : { properties: { ...properties, ...identifierProperty(identifiers) } }),
  };
}

const identifierProperty = (identifiers: readonly number[]): { subscriptionIdentifier?: number | number[] } => {
  const [first, ...more] = identifiers;
  if (first === undefined) return {};
  return { subscriptionIdentifier: more.length === 0 ? first : [first, ...more] };
};
