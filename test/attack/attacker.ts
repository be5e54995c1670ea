import { EventEmitter, once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { generate, type IConnackPacket, type IConnectPacket, type Packet, parser } from 'mqtt-packet';

/** What attackers have sent. */
export interface Traffic {
  bytes: number;
  packets: number;
}

/** A socket of an attacker: never rejects, and knows when its bytes have left. */
export class RawAttacker {
  readonly socket: Socket;
  readonly #traffic: Traffic;
  readonly #news = new EventEmitter().setMaxListeners(0);

  constructor(socket: Socket, traffic: Traffic) {
    this.socket = socket;
    this.#traffic = traffic;
    socket.on('error', () => undefined); // a reset is an answer, too
    socket.on('close', () => this.#news.emit('news'));
    socket.on('drain', () => this.#news.emit('news'));
  }

  get isClosed(): boolean {
    return this.socket.destroyed;
  }

  /** Sends bytes, and waits until the broker has taken the greater part of them. @returns false when it is closed. */
  async send(data: Buffer, packets = 1): Promise<boolean> {
    if (this.isClosed) return false;
    this.#traffic.bytes += data.length;
    this.#traffic.packets += packets;
    if (!this.socket.write(data)) await this.until(() => !this.socket.writableNeedDrain);
    return !this.isClosed;
  }

  /** Waits until something holds or the connection is closed; `wake` looks again. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds() && !this.isClosed) await once(this.#news, 'news');
  }

  wake(): void {
    this.#news.emit('news');
  }

  /** Goes without a goodbye. */
  end(): void {
    this.socket.destroy();
  }
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface ConnectOptions {
  readonly clientId: string;
  readonly version?: 4 | 5;
  /** A session that stays. */
  readonly isPersistent?: boolean;
  readonly login?: Login;
  /** Leaves lying what the broker sends after CONNACK. */
  readonly reads?: boolean;
}

/** An MQTT client that obeys the letter of the standard only. */
export class Attacker extends RawAttacker {
  readonly version: 4 | 5;
  /** How many packets of a kind came, and the last of each. */
  readonly #received = new Map<string, { count: number; last: Packet }>();
  /** Called with every packet that comes. */
  onPacket: (packet: Packet) => void = () => undefined;

  constructor(socket: Socket, traffic: Traffic, version: 4 | 5) {
    super(socket, traffic);
    this.version = version;
    const incoming = parser({ protocolVersion: version });
    incoming.on('error', () => this.end());
    incoming.on('packet', (packet: Packet) => {
      this.#received.set(packet.cmd, { count: this.count(packet.cmd) + 1, last: packet });
      this.onPacket(packet);
      this.wake();
    });
    socket.on('data', (chunk: Buffer) => void incoming.parse(chunk));
  }

  count(cmd: Packet['cmd']): number {
    return this.#received.get(cmd)?.count ?? 0;
  }

  last(cmd: Packet['cmd']): Packet | undefined {
    return this.#received.get(cmd)?.last;
  }

  encode(packet: Packet): Buffer {
    return generate(packet, { protocolVersion: this.version });
  }

  sendPacket(packet: Packet): Promise<boolean> {
    return this.send(this.encode(packet));
  }

  /** @returns false when the connection closed before so many packets of a kind came. */
  async received(cmd: Packet['cmd'], count = 1): Promise<boolean> {
    await this.until(() => this.count(cmd) >= count);
    return this.count(cmd) >= count;
  }

  /** Whether a PINGREQ is answered, so that everything sent before was handled. */
  async answers(): Promise<boolean> {
    const before = this.count('pingresp');
    await this.sendPacket({ cmd: 'pingreq' });
    return this.received('pingresp', before + 1);
  }

  async connect(options: ConnectOptions): Promise<IConnackPacket | undefined> {
    await this.sendPacket(connectPacket(options));
    await this.received('connack');
    if (options.reads === false) this.socket.pause();
    const connack = this.last('connack');
    return connack?.cmd === 'connack' ? connack : undefined;
  }
}

export const connectPacket = ({
  clientId,
  version = 4,
  isPersistent = false,
  login,
}: ConnectOptions): IConnectPacket => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: version,
  clientId,
  clean: !isPersistent,
  keepalive: 0,
  ...(login === undefined ? {} : { username: login.username, password: Buffer.from(login.password) }),
  ...(version === 5 && isPersistent ? { properties: { sessionExpiryInterval: 600 } } : {}),
});

/** Opens a socket to this machine; undefined when it is refused. */
export async function openSocket(port: number, tls?: ConnectionOptions): Promise<Socket | undefined> {
  const tcp = connectTcp({ host: '127.0.0.1', port, noDelay: true });
  const socket = tls === undefined ? tcp : connectTls({ socket: tcp, servername: 'localhost', ...tls });
  socket.on('error', () => undefined);
  tcp.on('error', () => socket.destroy());
  await new Promise((resolve) => {
    socket.once(tls === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('close', resolve);
  });
  return socket.destroyed ? undefined : socket;
}
