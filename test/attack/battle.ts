import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import { Attacker, type ConnectOptions, openSocket, RawAttacker, type Traffic } from './attacker.ts';
import type { BrokerUnderAttack, Listener } from './broker.ts';
import type { Attack } from './scenario.ts';

/** Connections that are opened at one time. */
const connectsAtOnce = 50;

export interface Battle extends Attack, Disposable {}

export interface BattleOptions {
  /** Begins the client ids, so that scenarios at the same time do not take over each other's clients. */
  readonly name: string;
  readonly isShort: boolean;
  readonly signal: AbortSignal;
  readonly traffic: Traffic;
  readonly say: (text: string) => void;
}

/** What one scenario works with; its disposal closes all that it has opened. */
export function openBattle(broker: BrokerUnderAttack, { name, isShort, signal, traffic, say }: BattleOptions): Battle {
  setMaxListeners(0, signal);
  const opened = new Set<RawAttacker>();
  const closeAll = (): void => {
    for (const attacker of opened) attacker.end();
    opened.clear();
  };
  signal.addEventListener('abort', closeAll, { once: true });
  const kept = <A extends RawAttacker>(attacker: A): A => {
    if (signal.aborted) attacker.end();
    opened.add(attacker);
    attacker.socket.once('close', () => opened.delete(attacker));
    return attacker;
  };
  const portOf = (listener: Listener): number => broker.ports.get(listener) ?? 0;
  const tlsOf = (listener: Listener): ConnectionOptions | undefined =>
    listener === 'tcp' || listener === 'any' ? undefined : { ca: broker.ca };
  const open = async (listener: Listener, tls: ConnectionOptions | undefined): Promise<RawAttacker | undefined> => {
    const socket = signal.aborted ? undefined : await openSocket(portOf(listener), tls);
    return socket === undefined ? undefined : kept(new RawAttacker(socket, traffic));
  };
  const ask = async (attacker: Attacker, options: ConnectOptions): Promise<number | undefined> => {
    const connack = await attacker.connect({ ...options, clientId: `${name}:${options.clientId}` });
    return connack?.reasonCode ?? connack?.returnCode;
  };
  const login = async (attacker: Attacker, options: ConnectOptions): Promise<Attacker | undefined> =>
    (await ask(attacker, options)) === 0 && !attacker.isClosed ? attacker : undefined;
  const client = async ({ version = 4 }: ConnectOptions, listener: Listener, tls: ConnectionOptions | undefined) => {
    const socket = signal.aborted ? undefined : await openSocket(portOf(listener), tls);
    return socket === undefined ? undefined : kept(new Attacker(socket, traffic, version));
  };
  const connect = async (options: ConnectOptions, listener: Listener, tls: ConnectionOptions | undefined) => {
    const attacker = await client(options, listener, tls);
    return attacker === undefined ? undefined : login(attacker, options);
  };
  const battle: Battle = {
    broker,
    isShort,
    signal,
    traffic,
    say,
    amount: (full, short) => (isShort ? short : full),
    open: (listener = 'tcp') => open(listener, tlsOf(listener)),
    openPlain: (listener) => open(listener, undefined),
    connect: (options, listener = 'tcp') => connect(options, listener, tlsOf(listener)),
    connectWithCertificate: (options) =>
      connect(options, 'two-way', {
        ca: broker.ca,
        cert: readFileSync(join(broker.certificates, 'client-demo.pem')),
        key: readFileSync(join(broker.certificates, 'client-demo.key')),
      }),
    async codeOf(options) {
      const attacker = await client(options, 'tcp', undefined);
      const code = attacker === undefined ? undefined : await ask(attacker, options);
      attacker?.end();
      return code;
    },
    async connectAtOnce(count, options) {
      const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(portOf('tcp'))));
      const ready = sockets.filter((socket) => socket !== undefined);
      const version = options.version ?? 4;
      return Promise.all(ready.map((socket) => login(kept(new Attacker(socket, traffic, version)), options)));
    },
    async connectAll(count, options) {
      const attackers: Attacker[] = [];
      let next = 0;
      const work = async (): Promise<void> => {
        while (next < count && !signal.aborted) {
          const attacker = await battle.connect(options(next++));
          if (attacker !== undefined) attackers.push(attacker);
        }
      };
      await Promise.all(Array.from({ length: Math.min(count, connectsAtOnce) }, work));
      return attackers;
    },
    pause: (ms) => delay(ms, undefined, { signal }).catch(() => undefined),
    [Symbol.dispose]() {
      signal.removeEventListener('abort', closeAll);
      closeAll();
    },
  };
  return battle;
}
