import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { generate, type IConnectPacket, type IPublishPacket, type Packet, type Parser, parser } from 'mqtt-packet';

export interface SocketClientOptions {
  /** Of CONNECT; MQTT 3.1.1, clean session, no keep alive where it is left out. */
  readonly connect?: Partial<IConnectPacket>;
  /** Answers what it gets at once; true where it is left out. */
  readonly answers?: boolean;
  /** Instead of remembering messages. */
  readonly onMessage?: (message: IPublishPacket) => void;
}

/** An MQTT client over tcp that does just what it is told, and is fast enough for many thousands of messages. */
export class SocketClient implements AsyncDisposable {
  readonly messages: IPublishPacket[] = [];
  /** Packet identifiers of each PUBREL that came. */
  readonly released: number[] = [];
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #version: number;
  readonly #answers: boolean;
  readonly #onMessage: (message: IPublishPacket) => void;
  #isResumed = false;
  readonly #waiting: { cmd: string; resolve: (packet: Packet) => void }[] = [];

  private constructor(socket: Socket, version: number, { answers = true, onMessage }: SocketClientOptions) {
    this.#socket = socket;
    this.#version = version;
    this.#answers = answers;
    this.#onMessage = onMessage ?? ((message) => void this.messages.push(message));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    const incoming: Parser = parser({ protocolVersion: version });
    incoming.on('packet', (packet: Packet) => this.#receive(packet));
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      socket.cork(); // all answers to what came together leave together
      incoming.parse(data);
      socket.uncork();
    });
  }

  /** Resolves with CONNACK. */
  static async open(port: number, clientId: string, options: SocketClientOptions = {}): Promise<SocketClient> {
    const { protocolVersion = 4, ...more } = options.connect ?? {};
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const client = new SocketClient(socket, protocolVersion, options);
    const connect = { cmd: 'connect', protocolId: 'MQTT', clean: true, keepalive: 0, clientId } as const;
    const answer = await client.ask({ ...connect, protocolVersion, ...more }, 'connack');
    client.#isResumed = answer.cmd === 'connack' && answer.sessionPresent;
    return client;
  }

  /** The broker had a session of it when it connected. */
  get isResumed(): boolean {
    return this.#isResumed;
  }

  send(...packets: readonly Packet[]): void {
    this.#socket.write(Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: this.#version }))));
  }

  /** Sends a packet and waits for its answer. */
  ask(packet: Packet, answer: string): Promise<Packet> {
    const answered = this.next(answer);
    this.send(packet);
    return answered;
  }

  /** The next packet of a kind that comes. */
  next(cmd: string): Promise<Packet> {
    return new Promise((resolve) => this.#waiting.push({ cmd, resolve }));
  }

  async subscribe(topic: string, qos: 0 | 1 | 2): Promise<void> {
    await this.ask({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] }, 'suback');
  }

  /** Resolves when the broker has read everything sent before. */
  async ping(): Promise<void> {
    await this.ask({ cmd: 'pingreq' }, 'pingresp');
  }

  /** Publishes at QoS 1, as many at a time as fit. Resolves when all are acknowledged; 3.1.1 only. */
  async publishAll(topic: string, payloads: readonly string[], atATime = 512): Promise<void> {
    for (let start = 0; start < payloads.length; start += atATime) {
      const part = payloads.slice(start, start + atATime);
      const acknowledged = Promise.all(part.map(() => this.next('puback')));
      this.send(
        ...part.map((payload, index) => ({
          cmd: 'publish' as const,
          topic,
          payload,
          qos: 1 as const,
          messageId: index + 1,
          dup: false,
          retain: false,
        })),
      );
      await acknowledged;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  #receive(packet: Packet): void {
    if (packet.cmd === 'publish') this.#take(packet);
    if (packet.cmd === 'pubrel') this.#release(packet.messageId ?? 0);
    const index = this.#waiting.findIndex(({ cmd }) => cmd === packet.cmd);
    if (index !== -1) this.#waiting.splice(index, 1)[0]?.resolve(packet);
  }

  #release(messageId: number): void {
    this.released.push(messageId);
    if (this.#answers) this.send({ cmd: 'pubcomp', messageId });
  }

  #take(message: IPublishPacket): void {
    this.#onMessage(message);
    const { qos, messageId = 0 } = message;
    if (this.#answers && qos > 0) this.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId });
  }
}
