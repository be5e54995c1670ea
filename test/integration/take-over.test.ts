import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

type Version = 3 | 4 | 5;

/** An MQTT client on a socket of its own that remembers what came. */
class SocketClient {
  readonly received: Packet[] = [];
  isClosed = false;
  readonly #socket: Socket;
  readonly #version: Version;

  private constructor(socket: Socket, version: Version) {
    this.#socket = socket;
    this.#version = version;
    const reader = parser({ protocolVersion: version });
    reader.on('packet', (packet: Packet) => void this.received.push(packet));
    socket.on('data', (chunk: Buffer) => void reader.parse(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  static async to(port: number, version: Version): Promise<SocketClient> {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new SocketClient(socket, version);
  }

  send(packet: Packet): void {
    this.#socket.write(generate(packet, { protocolVersion: this.#version }));
  }

  connect(clientId: string, isClean = false, will?: string): void {
    this.send({
      cmd: 'connect',
      protocolId: this.#version === 3 ? 'MQIsdp' : 'MQTT',
      protocolVersion: this.#version,
      clean: isClean,
      clientId,
      keepalive: 0,
      ...(this.#version === 5 ? { properties: { sessionExpiryInterval: 600 } } : {}),
      ...(will === undefined ? {} : { will: { topic: will, payload: Buffer.from('w'), qos: 1, retain: false } }),
    });
  }

  all(cmd: Packet['cmd']): Packet[] {
    return this.received.filter((packet) => packet.cmd === cmd);
  }

  async has(cmd: Packet['cmd'], count = 1): Promise<Packet> {
    await expect.poll(() => this.all(cmd).length, { interval: 2 }).toBeGreaterThanOrEqual(count);
    return this.all(cmd)[count - 1]!;
  }

  leave(): void {
    this.#socket.destroy();
  }
}

const mixes: readonly (readonly Version[])[] = [[5], [4], [5, 4, 3]];

/** Connects all at once, and waits until one is left. */
async function rush(port: number, clientId: string, versions: readonly Version[]) {
  const clients = await Promise.all(versions.map((version) => SocketClient.to(port, version)));
  for (const client of clients) {
    client.connect(clientId);
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: clientId, qos: 1 }] });
  }
  const living = (): SocketClient[] => clients.filter(({ isClosed }) => !isClosed);
  await expect.poll(() => living().length, { interval: 2 }).toBe(1);
  const [winner] = living();
  await winner!.has('connack');
  return { winner: winner!, clients };
}

const withBroker = async (type: string, use: (broker: TestBroker, port: number) => Promise<void>): Promise<void> => {
  await using directory = await temporaryDirectory();
  await using broker = await startBroker({
    listeners: [{ name: 'mqtt', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] }],
    store: { type, directory: directory.path },
  });
  await use(broker, broker.port('mqtt'));
};

describe.each(['memory', 'disk'])('with the store %s', (type) => {
  test.each([2, 8, 20])(
    '%i simultaneous CONNECTs of one client id leave one connection, and its session goes on [MQTT-3.1.4-2] [MQTT-3.1.4-3]',
    (count) =>
      withBroker(type, async (_broker, port) => {
        const publisher = await SocketClient.to(port, 4);
        publisher.connect('publisher', true);
        await publisher.has('connack');
        let sent = 0;
        const publish = async (topic: string): Promise<void> => {
          sent += 1;
          publisher.send({ cmd: 'publish', topic, payload: 'x', qos: 1, messageId: sent, dup: false, retain: false });
          await publisher.has('puback', sent);
        };
        for (let round = 0; round < 15; round += 1) {
          const mix = mixes[round % mixes.length]!;
          const versions = Array.from({ length: count }, (_, index) => mix[index % mix.length]!);
          const id = `device-${round}`;
          const first = await SocketClient.to(port, mix[0]!);
          first.connect(id);
          await first.has('connack');
          first.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: id, qos: 1 }] });
          await first.has('suback');

          const { winner, clients } = await rush(port, id, versions);
          await expect.poll(() => first.isClosed, { interval: 2 }).toBe(true);
          expect(winner.all('connack')).toMatchObject([{ sessionPresent: true }]);
          await publish(id);
          await winner.has('publish');
          winner.send({ cmd: 'pingreq' });
          await winner.has('pingresp');
          expect([first, ...clients].flatMap((client) => client.all('publish'))).toHaveLength(1);
          winner.send({ cmd: 'puback', messageId: (winner.all('publish')[0] as { messageId: number }).messageId });
          winner.send({ cmd: 'pingreq' });
          await winner.has('pingresp', 2);

          winner.leave();
          await expect.poll(() => winner.isClosed, { interval: 2 }).toBe(true);
          await publish(id);
          const back = await SocketClient.to(port, 4);
          back.connect(id);
          expect(await back.has('connack')).toMatchObject({ sessionPresent: true });
          await back.has('publish');
          back.leave();
        }
        publisher.leave();
      }),
  );
});
