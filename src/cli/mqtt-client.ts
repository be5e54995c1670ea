import type { IClientOptions, IClientPublishOptions, IPublishPacket, MqttClient } from 'mqtt';
import { AppError } from '../kernel/errors.ts';
import { refusalWords } from '../mqtt/refusal-words.ts';
import type { Qos } from '../plane/message.ts';
import { type Attempt, closedEarly, explainFailure, withBrokerWords } from './mqtt-errors.ts';

type Library = typeof import('mqtt').default;

/** Where to connect, and as whom. */
export interface ConnectionTarget extends Attempt {
  readonly url: string;
  readonly version: '3.1.1' | '5';
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM. */
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  /** Takes any server certificate. */
  readonly isInsecure: boolean;
}

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly isRetained: boolean;
  /** MQTT 5 only. */
  readonly properties?: NonNullable<IClientPublishOptions['properties']>;
}

export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly isRetained: boolean;
  readonly properties: NonNullable<IPublishPacket['properties']>;
}

/** One MQTT connection that is never opened again: what fails, fails. All errors are AppErrors with advice. */
export interface ClientConnection {
  /** Resolves when the server has acknowledged it, at QoS 0 when it is written. */
  publish(message: OutgoingMessage): Promise<void>;
  /** @returns the granted QoS of each filter. */
  subscribe(filters: readonly string[], qos: Qos): Promise<number[]>;
  /** Rejects when the connection fails; never resolves. */
  readonly failed: Promise<never>;
  /** Sends DISCONNECT and closes. */
  close(): Promise<void>;
}

/** Connects and waits for the CONNACK. @throws AppError client-failed, client-refused */
export async function connectMqtt(
  target: ConnectionTarget,
  onMessage: (message: IncomingMessage) => void,
): Promise<ClientConnection> {
  const { default: mqtt } = await import('mqtt'); // the broker does without
  const client = open(mqtt, target);
  const said = refusalsOf(client);
  const failed = failureOf(client, target, said, (code) => reasonName(mqtt.ReasonCodes, code));
  failed.catch(() => undefined); // whoever waits for an operation hears of it
  client.on('message', (topic, payload, packet) => {
    onMessage({ topic, payload, qos: packet.qos, isRetained: packet.retain, properties: packet.properties ?? {} });
  });
  try {
    await Promise.race([new Promise((resolve) => client.once('connect', resolve)), failed]);
  } catch (error) {
    client.end(true);
    throw error;
  }
  const attempt = async <T>(operation: Promise<T>): Promise<T> => {
    try {
      return await Promise.race([operation, failed]);
    } catch (cause) {
      throw withBrokerWords(explainFailure(cause, target), said());
    }
  };
  return {
    failed,
    async publish({ topic, payload, qos, isRetained, properties }) {
      const options = { qos, retain: isRetained, ...(properties === undefined ? {} : { properties }) };
      await attempt(client.publishAsync(topic, payload, options));
    },
    async subscribe(filters, qos) {
      const granted = await attempt(client.subscribeAsync([...filters], { qos }));
      return granted.map((grant) => grant.qos);
    },
    async close() {
      await Promise.race([client.endAsync(), failed.catch(() => undefined)]);
      client.end(true);
    },
  };
}

function open(mqtt: Library, target: ConnectionTarget): MqttClient {
  const options: IClientOptions = {
    protocolVersion: target.version === '5' ? 5 : 4,
    clientId: target.clientId,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: target.timeoutMs,
    rejectUnauthorized: !target.isInsecure,
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.ca === undefined ? {} : { ca: [...target.ca] }),
    ...(target.cert === undefined ? {} : { cert: target.cert }),
    ...(target.key === undefined ? {} : { key: target.key }),
  };
  try {
    return mqtt.connect(target.url, options);
  } catch (cause) {
    throw explainFailure(cause, target);
  }
}

/** What the broker says of its newest refusal: the client library keeps it to itself. */
function refusalsOf(client: MqttClient): () => string {
  let words = '';
  client.on('packetreceive', (packet) => {
    words = refusalWords(packet) ?? words;
  });
  return () => words;
}

/** The first thing that goes wrong, as a rejection. The client library keeps errors without a code to itself. */
function failureOf(
  client: MqttClient,
  target: ConnectionTarget,
  said: () => string,
  nameOf: (reasonCode: number) => string,
): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (cause: unknown): void => reject(withBrokerWords(explainFailure(cause, target), said()));
    client.on('error', fail);
    client.stream.on('error', fail);
    client.on('disconnect', ({ reasonCode }) => {
      const message = `${target.url} disconnected us: ${nameOf(reasonCode ?? 0)}`;
      reject(withBrokerWords(new AppError('client-failed', message, { details: { reasonCode } }), said()));
    });
    client.on('close', () => fail(new Error(closedEarly)));
  });
}

const reasonName = (names: Readonly<Record<number, string>>, code: number): string => {
  const found = Object.entries(names).find(([known]) => Number(known) === code);
  return found?.[1] ?? `reason code 0x${code.toString(16)}`;
};
