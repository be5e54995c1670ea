import mqtt, { type IClientOptions, type IConnackPacket, type IPublishPacket, type MqttClient } from 'mqtt';
import { refusalWords, refusedCode } from '../../mqtt/refusal-words.ts';
import type { Connection, ConnectionHandler, ConnectRequest, ReceivedMessage } from './connection.ts';
import { visible } from './payload.ts';
import { reasonInWords, type SocketEnd, socketEndInWords } from './reasons.ts';

/** Browsers run timers of a hidden tab once a minute, so a shorter keep alive could be missed. */
const keepAliveSeconds = 150;
const connectTimeoutMs = 10_000;
/** How long the broker keeps a session that was not started clean. */
const sessionExpirySeconds = 3_600;

export function openConnection(request: ConnectRequest, handler: ConnectionHandler): Connection {
  const life = { isOpen: false, isClosing: false, isEnded: false, hasFailed: false };
  let socketEnd: SocketEnd | undefined;
  const client = mqtt.connect(request.uri, {
    ...optionsOf(request),
    createWebsocket: (url: string, protocols: string[]) => {
      const socket = new WebSocket(url, protocols);
      let wasOpen = false;
      socket.addEventListener('open', () => (wasOpen = true));
      socket.addEventListener('close', ({ code, reason }) => (socketEnd = { wasOpen, code, reason }));
      return socket;
    },
  });
  /** What the broker says of its newest refusal, to follow the words of the page for it. */
  let said = '';
  client.on('packetreceive', (packet) => {
    const words = refusalWords(packet);
    if (words !== undefined) said = words === '' ? '' : `; the broker says: ${visible(words)}`;
  });
  const errorInWords = (error: Error): string => {
    const words = wordsOf(error);
    return codeOf(error) === undefined ? words : words + said;
  };
  client.on('connect', (packet: IConnackPacket) => {
    life.isOpen = true;
    const clientId = packet.properties?.assignedClientIdentifier ?? request.clientId;
    handler.onOpen({ isSessionPresent: packet.sessionPresent, clientId });
  });
  client.on('message', (topic, payload, packet) => handler.onMessage(received(topic, payload, packet)));
  client.on('disconnect', ({ reasonCode }) =>
    fail(`The broker disconnected: ${reasonInWords(reasonCode ?? 0x80)}${said}`),
  );
  client.on('error', (error) => fail(errorInWords(error)));
  client.on('close', () => queueMicrotask(end));

  function fail(reason: string): void {
    if (life.isEnded || life.isClosing) return;
    life.hasFailed = true;
    handler.onError(reason);
  }

  function end(): void {
    if (life.isEnded) return;
    life.isEnded = true;
    client.end(true);
    if (life.isClosing) handler.onEnd(life.isOpen ? 'by this page' : undefined);
    else if (life.hasFailed) handler.onEnd(undefined);
    else handler.onEnd(endInWords(request.uri, life.isOpen, socketEnd));
  }

  return {
    ...requests(client, errorInWords),
    close() {
      life.isClosing = true;
      client.end(!life.isOpen, {}, end);
    },
  };
}

function requests(client: MqttClient, errorInWords: (error: Error) => string): Omit<Connection, 'close'> {
  const rethrowInWords = (error: unknown): never => {
    throw error instanceof Error ? new Error(errorInWords(error), { cause: error }) : error;
  };
  return {
    async subscribe(filter, qos) {
      const [grant] = await client.subscribeAsync(filter, { qos }).catch(rethrowInWords);
      return grant?.qos ?? qos;
    },
    async unsubscribe(filter) {
      await client.unsubscribeAsync(filter).catch(rethrowInWords);
    },
    async publish(topic, payload, options) {
      await client.publishAsync(topic, payload, options).catch(rethrowInWords);
    },
  };
}

function optionsOf(request: ConnectRequest): IClientOptions {
  const { version, isCleanStart, username, password } = request;
  return {
    protocolVersion: version,
    clientId: request.clientId,
    clean: isCleanStart,
    keepalive: keepAliveSeconds,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    timerVariant: 'native', // the other kind starts a worker from a blob, which the page's policy forbids
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(version === 5 && !isCleanStart ? { properties: { sessionExpiryInterval: sessionExpirySeconds } } : {}),
  };
}

function received(topic: string, payload: Uint8Array, { qos, retain, properties }: IPublishPacket): ReceivedMessage {
  const userProperties = Object.entries(properties?.userProperties ?? {}).flatMap(([key, values]) =>
    [values].flat().map((value) => [key, value] as const),
  );
  return { topic, payload, qos, retain, userProperties };
}

const endInWords = (uri: string, wasConnected: boolean, socketEnd: SocketEnd | undefined): string => {
  const reason = socketEnd === undefined ? 'the connection broke off' : socketEndInWords(uri, socketEnd);
  return wasConnected || socketEnd?.wasOpen !== true ? reason : `closed before the CONNACK: ${reason}`;
};

/** A SUBACK is handed over with the error, the code of others stands in it. */
function codeOf(error: Error): number | undefined {
  if ('packet' in error && typeof error.packet === 'object' && error.packet !== null) return refusedCode(error.packet);
  return 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

function wordsOf(error: Error): string {
  const code = codeOf(error);
  if (code !== undefined) return `Refused: ${reasonInWords(code)}`;
  if (error.message === 'connack timeout') return `The broker sent no CONNACK within ${connectTimeoutMs / 1_000} s`;
  return error.message;
}
