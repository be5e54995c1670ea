import { EventEmitter, once } from 'node:events';
import { packet, text, u16 } from './packet-bytes.ts';
import { type RawClient, rawClient } from './raw-client.ts';

/** CONNECT of MQTT 3.1.1 without keep alive. @param isClean false for a session that stays */
export async function connectRaw(port: number, clientId: string, isClean = true): Promise<RawClient> {
  const client = await rawClient(port);
  client.write(packet(0x10, text('MQTT'), 4, isClean ? 2 : 0, u16(0), text(clientId)));
  await client.receive(4);
  return client;
}

/** A publisher of 100 messages a second and their subscriber. */
export interface PatientPair extends AsyncDisposable {
  /** Milliseconds that the slowest message took since the last call; those that have not come yet count too. */
  worstWaitMs(): number;
  /** The same of the next `count` messages. */
  worstOfNext(count: number): Promise<number>;
}

const intervalMs = 10;

export async function patientPair(port: number, name = 'patient'): Promise<PatientPair> {
  const subscriber = await connectRaw(port, `${name} subscriber`);
  const publisher = await connectRaw(port, `${name} publisher`);
  subscriber.write(packet(0x82, u16(1), text(name), 0));
  await subscriber.receive(9);
  const message = packet(0x30, text(name), Buffer.from('x'));
  /** When the messages that have not come yet were sent, oldest first. */
  const sentAt: number[] = [];
  let bytes = 0;
  let worstMs = 0;
  const arrivals = new EventEmitter();
  subscriber.socket.on('data', (chunk) => {
    for (bytes += chunk.length; bytes >= message.length; bytes -= message.length)
      worstMs = Math.max(worstMs, performance.now() - (sentAt.shift() ?? 0));
    arrivals.emit('message');
  });
  const timer = setInterval(() => {
    sentAt.push(performance.now());
    publisher.write(message);
  }, intervalMs);
  const worstWaitMs = (): number => {
    const now = performance.now();
    const worst = Math.max(worstMs, now - (sentAt[0] ?? now));
    worstMs = 0;
    return worst;
  };
  return {
    worstWaitMs,
    async worstOfNext(count) {
      worstWaitMs();
      for (let came = 0; came < count; came += 1) await once(arrivals, 'message');
      return worstWaitMs();
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await publisher[Symbol.asyncDispose]();
      await subscriber[Symbol.asyncDispose]();
    },
  };
}
