import { generate, type IConnectPacket, type IPublishPacket, type Packet, type Parser, parser } from 'mqtt-packet';
import type { Broker } from '../../src/broker/broker.ts';
import { type MemoryLink, memoryLink } from './memory-link.ts';

/** What a subscriber sees of a message. */
export interface Seen {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly identifiers: readonly number[];
}

export interface WireClientOptions {
  /** Answers what it gets at once; true where it is left out. */
  readonly answers?: boolean;
}

/** An MQTT client without a socket that remembers what it saw. */
export class WireClient {
  readonly seen: Seen[] = [];
  /** Everything that came, oldest first. */
  readonly received: Packet[] = [];
  readonly #version: 4 | 5;
  readonly #answers: boolean;
  readonly #link: MemoryLink = memoryLink();
  readonly #parser: Parser;
  readonly #waiting: { cmd: string; resolve: (packet: Packet) => void }[] = [];

  constructor(broker: Broker, version: 4 | 5, { answers = true }: WireClientOptions = {}) {
    this.#version = version;
    this.#answers = answers;
    this.#parser = parser({ protocolVersion: version });
    this.#parser.on('packet', (packet: Packet) => this.#receive(packet));
    this.#link.onSent((data) => void this.#parser.parse(data));
    broker.accept(this.#link);
  }

  send(packet: Packet): void {
    this.#link.receive(generate(packet, { protocolVersion: this.#version }));
  }

  /** Sends a packet and waits for its answer. */
  ask(packet: Packet, answer: string): Promise<Packet> {
    const answered = new Promise<Packet>((resolve) => this.#waiting.push({ cmd: answer, resolve }));
    this.send(packet);
    return answered;
  }

  /** Why the broker closed the link; undefined while it is open. */
  get closed(): string | undefined {
    return this.#link.closed;
  }

  connect(clientId: string, isClean: boolean, more: Partial<IConnectPacket> = {}): Promise<Packet> {
    const properties = this.#version === 5 && !isClean ? { properties: { sessionExpiryInterval: 600 } } : {};
    const connect = {
      cmd: 'connect',
      protocolId: 'MQTT',
      clean: isClean,
      clientId,
      keepalive: 0,
      ...properties,
    } as const;
    return this.ask({ ...connect, protocolVersion: this.#version, ...more }, 'connack');
  }

  /** Resolves when the broker has handled everything sent before. */
  async settle(): Promise<void> {
    await this.ask({ cmd: 'unsubscribe', messageId: 65_535, unsubscriptions: ['settle/none'] }, 'unsuback');
  }

  /** Resolves when the broker has read everything sent before. */
  async ping(): Promise<void> {
    await this.ask({ cmd: 'pingreq' }, 'pingresp');
  }

  close(): void {
    this.#link.destroy('closed by the test');
  }

  #receive(packet: Packet): void {
    this.received.push(packet);
    if (packet.cmd === 'publish') this.#take(packet);
    if (packet.cmd === 'pubrel' && this.#answers) this.send({ cmd: 'pubcomp', messageId: packet.messageId ?? 0 });
    if (packet.cmd === 'pubrec' && this.#answers) this.send({ cmd: 'pubrel', messageId: packet.messageId ?? 0 });
    const index = this.#waiting.findIndex(({ cmd }) => cmd === packet.cmd);
    if (index !== -1) this.#waiting.splice(index, 1)[0]?.resolve(packet);
  }

  #take({ topic, payload, qos, retain, messageId, properties }: IPublishPacket): void {
    const identifiers = [properties?.subscriptionIdentifier ?? []].flat().toSorted((a, b) => a - b);
    this.seen.push({ topic, payload: payload.toString(), qos, retain, identifiers });
    if (!this.#answers) return;
    if (qos === 1) this.send({ cmd: 'puback', messageId: messageId ?? 0 });
    if (qos === 2) this.send({ cmd: 'pubrec', messageId: messageId ?? 0 });
  }
}

/** A PUBLISH with the payload `x`. */
export const publishPacket = (topic: string, qos: 0 | 1 | 2, messageId: number, retain = false): Packet => ({
  cmd: 'publish',
  topic,
  payload: 'x',
  qos,
  retain,
  dup: false,
  messageId,
});
