import type { PacketKey, QueuedPacket, StoredPacket } from '../../broker/session-store.ts';
import type { Qos } from '../../plane/message.ts';
import { bytesOf } from '../detach.ts';

/** How one client gets a message that is shared with the queues of others. */
export interface QueueDelivery {
  readonly qos: Qos;
  readonly retain: boolean;
  /** Identifiers of all matching subscriptions that have one. [MQTT-3.3.4-4] */
  readonly identifiers: readonly number[];
}

interface Entry {
  readonly key: string;
  readonly delivery: QueueDelivery;
  /** Undefined once the client has received it and only the PUBREL is left. */
  message: StoredPacket | undefined;
  /** Undefined until it was sent. */
  messageId: number | undefined;
  /** An older entry under the same packet identifier; the engine may hand one out twice. */
  shadowed: Entry | undefined;
}

/** The messages that one client has not acknowledged yet, oldest first. Every operation costs the same at any length. */
export class ClientQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #byMessageId = new Map<number, Entry>();
  #unnamed = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Bytes of topics and payloads. */
  get bytes(): number {
    let bytes = 0;
    for (const { message } of this.#entries.values()) bytes += message === undefined ? 0 : bytesOf(message);
    return bytes;
  }

  /** Adds a message; one that is queued already is not queued twice. */
  push(message: StoredPacket, delivery: QueueDelivery): void {
    const key = keyOf(message) ?? `#${++this.#unnamed}`;
    if (this.#entries.has(key)) return;
    this.#entries.set(key, { key, delivery, message, messageId: undefined, shadowed: undefined });
  }

  /** Notes that a message was sent, or that its PUBREL takes its place. What is not queued is ignored. */
  update(packet: PacketKey): void {
    const named = keyOf(packet);
    const entry = (named === undefined ? undefined : this.#entries.get(named)) ?? this.#find(packet.messageId);
    if (entry === undefined) return;
    if (packet.messageId !== undefined) this.#assign(entry, packet.messageId);
    if (packet.cmd === 'pubrel') entry.message = undefined;
  }

  /** Removes the message with this packet identifier, or with this identity while it has not been sent. */
  clear(packet: PacketKey): QueuedPacket | undefined {
    const entry = packet.messageId === undefined ? this.#findUnsent(packet) : this.#find(packet.messageId);
    if (entry === undefined) return undefined;
    const packetOfEntry = toPacket(entry);
    this.#delete(entry);
    return packetOfEntry;
  }

  clearAll(): void {
    this.#entries.clear();
    this.#byMessageId.clear();
  }

  /** Removes the oldest entry. @returns its topic; undefined when only a PUBREL was left of it. */
  dropOldest(): string | undefined {
    const [oldest] = this.#entries.values();
    if (oldest !== undefined) this.#delete(oldest);
    return oldest?.message?.topic;
  }

  /**
   * What is queued at the time of the call; entries that go away while it is read are left out.
   * @param onExpired is told of each message that nobody needs to send any more.
   */
  replay(now: () => number, onExpired: (topic: string) => void): Generator<QueuedPacket, void> {
    return this.#replay([...this.#entries.values()], now, onExpired);
  }

  *#replay(
    entries: readonly Entry[],
    now: () => number,
    onExpired: (topic: string) => void,
  ): Generator<QueuedPacket, void> {
    for (const entry of entries) {
      if (this.#entries.get(entry.key) !== entry) continue;
      if (isExpired(entry, now())) {
        this.#delete(entry);
        onExpired(entry.message?.topic ?? '');
      } else yield toPacket(entry);
    }
  }

  #find(messageId: number | undefined): Entry | undefined {
    if (messageId === undefined) return undefined;
    let entry = this.#byMessageId.get(messageId);
    while (entry !== undefined && (entry.messageId !== messageId || this.#entries.get(entry.key) !== entry))
      entry = entry.shadowed;
    return entry;
  }

  #findUnsent(packet: PacketKey): Entry | undefined {
    const key = keyOf(packet);
    const entry = key === undefined ? undefined : this.#entries.get(key);
    return entry?.messageId === undefined ? entry : undefined;
  }

  #assign(entry: Entry, messageId: number): void {
    if (entry.messageId === messageId) return;
    this.#release(entry);
    entry.messageId = messageId;
    entry.shadowed = this.#find(messageId);
    this.#byMessageId.set(messageId, entry);
  }

  #delete(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#release(entry);
  }

  #release(entry: Entry): void {
    const { messageId } = entry;
    if (messageId === undefined || this.#byMessageId.get(messageId) !== entry) return;
    if (entry.shadowed === undefined) this.#byMessageId.delete(messageId);
    else this.#byMessageId.set(messageId, entry.shadowed);
  }
}

const keyOf = ({ brokerId, brokerCounter }: PacketKey): string | undefined =>
  brokerId === undefined || brokerCounter === undefined ? undefined : `${brokerCounter}@${brokerId}`;

/** A message that was sent before goes on to its end, expired or not. [MQTT-3.3.2-5] */
const isExpired = ({ message, messageId }: Entry, now: number): boolean =>
  messageId === undefined && message?.messageExpiry !== undefined && message.messageExpiry <= now;

function toPacket({ message, messageId, delivery }: Entry): QueuedPacket {
  if (message === undefined) return { cmd: 'pubrel', messageId: messageId ?? 0 };
  const { topic, payload, brokerId, brokerCounter, clientId, properties, messageExpiry } = message;
  const { qos, retain, identifiers } = delivery;
  return {
    cmd: 'publish',
    brokerId,
    brokerCounter,
    topic,
    payload,
    qos,
    retain,
    dup: messageId !== undefined, // sent before [MQTT-3.3.1-1]
    messageId,
    ...(clientId === undefined ? {} : { clientId }),
    ...(messageExpiry === undefined ? {} : { messageExpiry }),
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
