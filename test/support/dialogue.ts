import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { generate, type IConnectPacket, type Packet, type Parser, parser } from 'mqtt-packet';

/** MQTT packet by packet over a socket: what is sent, and what comes back in its order. */
export interface Dialogue extends AsyncDisposable {
  readonly socket: Socket;
  send(packet: Packet): void;
  /** The next packet; undefined when the broker closed the connection instead. */
  next(): Promise<Packet | undefined>;
  /** Sends it. @returns what comes next */
  ask(packet: Packet): Promise<Packet | undefined>;
}

/** @param connected a socket that is connected, or is being connected */
export function dialogueOn(connected: Socket, protocolVersion: 4 | 5 = 5): Dialogue {
  const packets: Packet[] = [];
  const waiting: ((packet: Packet | undefined) => void)[] = [];
  let isOver = false;
  const incoming: Parser = parser({ protocolVersion });
  incoming.on('packet', (packet: Packet) => {
    const next = waiting.shift();
    if (next === undefined) packets.push(packet);
    else next(packet);
  });
  connected.on('data', (data: Buffer) => void incoming.parse(data));
  connected.on('error', () => undefined);
  connected.on('close', () => {
    isOver = true;
    for (const next of waiting.splice(0)) next(undefined);
  });
  const dialogue: Dialogue = {
    socket: connected,
    send: (packet) => void connected.write(generate(packet, { protocolVersion })),
    next() {
      const packet = packets.shift();
      if (packet !== undefined || isOver) return Promise.resolve(packet);
      return new Promise((resolve) => waiting.push(resolve));
    },
    ask(packet) {
      dialogue.send(packet);
      return dialogue.next();
    },
    async [Symbol.asyncDispose]() {
      connected.destroy();
      if (!connected.closed) await once(connected, 'close');
    },
  };
  return dialogue;
}

/** Over plain tcp, before CONNECT. */
export async function dialogue(port: number, protocolVersion: 4 | 5 = 5): Promise<Dialogue> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return dialogueOn(socket, protocolVersion);
}

/** CONNECT of a client with a clean session. */
export const connectOf = (clientId: string, more: Partial<IConnectPacket> = {}): IConnectPacket => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 5,
  clean: true,
  keepalive: 0,
  clientId,
  ...more,
});
