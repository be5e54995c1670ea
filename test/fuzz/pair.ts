import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { within } from './within.ts';

export interface PairOptions {
  readonly name: string;
  readonly url: string;
  readonly ca: Buffer;
  readonly version: 4 | 5;
  /** Whether the subscriber has a session that stays, so that its messages pass the store. */
  readonly isPersistent: boolean;
}

export interface PairReport {
  readonly name: string;
  readonly published: number;
  readonly received: number;
}

/** A publisher and a subscriber that behave well, and whose messages must arrive once and in order whatever others do. */
export interface Pair {
  readonly name: string;
  report(): PairReport;
  /** What went wrong so far. */
  faults(): readonly string[];
  /** Publishes no more, waits for what is under way, and disconnects. @returns everything that went wrong */
  finish(timeoutMs: number): Promise<readonly string[]>;
}

const pauseMs = 40;
const maxFaults = 10;

/** Tells each message apart, so that changed bytes are found, and makes some of them long. */
const payloadOf = (stream: string, number: number): string =>
  `${stream} ${number} ${'0123456789'.repeat(number % 50 === 0 ? 800 : number % 13)}`;

/** One publisher's messages of one QoS, numbered from 1. */
class Stream {
  sent = 0;
  received = 0;
  readonly name: string;
  readonly qos: 1 | 2;
  readonly topic: string;

  constructor(pair: string, secret: string, qos: 1 | 2) {
    this.name = `${pair} QoS ${qos}`;
    this.qos = qos;
    this.topic = `pair/${secret}/${pair}/${qos}`;
  }

  /** @returns what is wrong with a message that arrived, if anything */
  check(payload: string): string | undefined {
    const number = Number(payload.split(' ').at(-2));
    const expected = this.received + 1;
    this.received = Math.max(this.received, number || expected);
    if (payload !== payloadOf(this.name, number)) return `${this.name}: message ${expected} arrived with other bytes`;
    if (number === expected) return undefined;
    return number > expected
      ? `${this.name}: message ${number} came where ${expected} was due: ${number - expected} lost`
      : `${this.name}: message ${number} came again where ${expected} was due`;
  }
}

const connectOptions = ({ ca, version }: PairOptions): IClientOptions => ({
  ca,
  protocolVersion: version,
  reconnectPeriod: 0,
  connectTimeout: 20_000,
  keepalive: 30,
});

async function openSubscriber(options: PairOptions, streams: readonly Stream[]): Promise<MqttClient> {
  const { isPersistent, version, name, url } = options;
  const client = await mqtt.connectAsync(url, {
    ...connectOptions(options),
    clientId: `subscriber of ${name}`,
    clean: !isPersistent,
    ...(isPersistent && version === 5 ? { properties: { sessionExpiryInterval: 600 } } : {}),
  });
  for (const { topic, qos } of streams) await client.subscribeAsync(topic, { qos });
  return client;
}

/** @param secret a word that no other client guesses, so that nobody else publishes there. */
export async function startPair(options: PairOptions, secret: string): Promise<Pair> {
  const { name, url } = options;
  const streams = ([1, 2] as const).map((qos) => new Stream(name.replaceAll(' ', '-'), secret, qos));
  const faults: string[] = [];
  const fault = (text: string): void => void (faults.length < maxFaults && faults.push(text));
  const subscriber = await openSubscriber(options, streams);
  const publisher = await mqtt.connectAsync(url, { ...connectOptions(options), clientId: `publisher of ${name}` });
  const arrivals = new EventEmitter();
  let isStopping = false;

  const isBroken = Promise.race(
    [publisher, subscriber].map((client) => new Promise<void>((resolve) => client.once('close', resolve))),
  );
  for (const [role, client] of [
    ['subscriber', subscriber],
    ['publisher', publisher],
  ] as const) {
    client.on('close', () => void (isStopping || fault(`${name}: the ${role} was disconnected`)));
    client.on('error', (error) => fault(`${name}: the ${role} failed: ${error.message}`));
  }
  subscriber.on('message', (topic, payload) => {
    const stream = streams.find((candidate) => candidate.topic === topic);
    const problem = stream === undefined ? `${name}: a message on ${topic}` : stream.check(payload.toString());
    if (problem !== undefined) fault(problem);
    arrivals.emit('message');
  });

  const publishAll = async (stream: Stream): Promise<void> => {
    while (!isStopping && publisher.connected) {
      const window = Array.from({ length: 4 }, () => ++stream.sent);
      await Promise.all(
        window.map((number) =>
          publisher.publishAsync(stream.topic, payloadOf(stream.name, number), { qos: stream.qos }),
        ),
      );
      await delay(pauseMs);
    }
  };
  const publishing = Promise.all(streams.map(publishAll)).catch((error: unknown) =>
    fault(`${name}: a message was not acknowledged: ${String(error)}`),
  );
  const total = (field: 'sent' | 'received'): number => streams.reduce((sum, stream) => sum + stream[field], 0);
  const allReceived = async (): Promise<void> => {
    while (total('received') < total('sent')) await once(arrivals, 'message');
  };

  return {
    name,
    report: () => ({ name, published: total('sent'), received: total('received') }),
    faults: () => faults,
    async finish(timeoutMs) {
      isStopping = true;
      await within(timeoutMs, Promise.race([publishing, isBroken]));
      await within(timeoutMs, Promise.race([allReceived(), isBroken]));
      for (const { name, sent, received } of streams)
        if (received < sent) fault(`${name}: ${received} of ${sent} messages arrived`);
      await Promise.all([publisher.endAsync(true), subscriber.endAsync(true)]);
      return faults;
    },
  };
}
