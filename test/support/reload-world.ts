import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { IConnectPacket, Packet } from 'mqtt-packet';
import type { AccessOptions } from '../../src/auth/schema.ts';
import type { BridgeRuleOptions } from '../../src/bridge/schema.ts';
import { startBroker, type TestBroker } from './broker.ts';
import { connectOf, type Dialogue, dialogueOn } from './dialogue.ts';
import { patient } from './patience.ts';
import { startStreamServer } from './stream-server.ts';

export const signal = { name: 'signal', topic: 'signal/#', subject: 'signal.>' };
export const marker = { name: 'marker', topic: 'marker/#', subject: 'marker.>' };
const listener = (name: string, tls: string, accept: string[]) => ({ name, bind: '127.0.0.1:0', tls, accept });
const listeners = [
  listener('plain', 'off', ['mqtt']),
  listener('secure', 'one-way', ['mqtt']),
  listener('mutual', 'two-way', ['mqtt']),
  listener('web', 'off', ['websocket', 'http']),
];
export type ListenerName = 'plain' | 'secure' | 'mutual' | 'web';

/** A broker whose settings are changed one after the other, and what can be seen of them. */
export interface ReloadWorld extends AsyncDisposable, Insight {
  readonly broker: TestBroker;
  /** Of the NATS server beside it, which has the streams `all` (`a.>`) and `other` (`other.>`). */
  readonly natsUrl: string;
  /** As at the start. */
  reset(more?: Sections): Promise<void>;
  /** Ends all connections. */
  disconnect(): void;
  tcp(name: ListenerName): Promise<Socket>;
  tls(name: ListenerName, options?: ConnectionOptions): Promise<TLSSocket>;
  /** Certificate and key of a client. */
  demo(): { readonly cert: Buffer; readonly key: Buffer };
  /** CONNECT over tcp. @returns what comes back, and the connection */
  connect(more?: Partial<IConnectPacket>): Promise<{ readonly answer: Packet | undefined; readonly client: Dialogue }>;
  http(path: string, options?: RequestOptions): Promise<IncomingMessage>;
}

/** What parts are made of that run now, where a test listens in. */
export interface Insight {
  /** Limits of the connection that came last. */
  limitsOfNewest(): unknown;
  /** The budget that was set last; undefined: none was. */
  memoryBytes(): number | undefined;
  /** Delay of the TCP keep alive that was set last. */
  keepAliveOfNewest(): number | undefined;
  madeOf(section: 'certificates' | 'enrollment'): unknown;
  /** Of who judges clients. */
  access(): AccessOptions | undefined;
  rules(): readonly BridgeRuleOptions[];
  /** Addresses that may read the metrics. */
  metricsAddresses(): readonly string[];
}
export type Sections = Readonly<Record<string, unknown>>;

/** Sections with one listener changed. */
export const withListener = (name: ListenerName, change: Sections): Sections => ({
  listeners: listeners.map((one) => (one.name === name ? { ...one, ...change } : one)),
});

export async function reloadWorld(insight: Insight): Promise<ReloadWorld> {
  const server = await startStreamServer();
  await server.manager.streams.add({ name: 'other', subjects: ['other.>'] });
  const nats = { servers: [server.url] };
  const broker = await startBroker({ listeners, nats, bridge: { rules: [signal, marker] }, reload: { watch: false } });
  await broker.reload.start(patient());
  const open: { destroy(): void }[] = [];
  const disconnect = (): void => {
    for (const one of open.splice(0)) one.destroy();
  };
  const kept = <T extends Socket>(socket: T): T => {
    socket.on('error', () => undefined);
    open.push(socket);
    return socket;
  };
  const tcp = async (name: ListenerName): Promise<Socket> => {
    const { host, port } = broker.app.listener(name)?.address() ?? { host: '', port: 0 };
    const socket = kept(connectTcp({ host, port, noDelay: true }));
    await once(socket, 'connect');
    return socket;
  };
  return {
    ...insight,
    broker,
    natsUrl: server.url,
    async reset(more = {}) {
      disconnect();
      await broker.change(more);
    },
    disconnect,
    tcp,
    async tls(name, options = {}) {
      const common = { host: '127.0.0.1', servername: 'localhost', ca: readFileSync(broker.file('root-ca.pem')) };
      const socket = kept(connectTls({ ...common, port: broker.port(name), rejectUnauthorized: false, ...options }));
      await new Promise<void>((resolve) => {
        socket.once('secureConnect', () => resolve()).once('close', () => resolve());
      });
      return socket;
    },
    demo: () => ({
      cert: readFileSync(broker.file('client-demo.pem')),
      key: readFileSync(broker.file('client-demo.key')),
    }),
    async connect(more = {}) {
      const client = dialogueOn(await tcp('plain'), 5);
      return { client, answer: await client.ask(connectOf('probe', more)) };
    },
    http: (path, options = {}) =>
      new Promise((resolve, reject) => {
        const request = get(
          { host: '127.0.0.1', port: broker.port('web'), path, agent: false, ...options },
          (response) => {
            response.resume();
            resolve(response);
          },
        );
        request.on('error', reject).on('upgrade', (response: IncomingMessage, socket: Socket) => {
          kept(socket);
          resolve(response);
        });
      }),
    async [Symbol.asyncDispose]() {
      for (const one of open) one.destroy();
      await broker[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
