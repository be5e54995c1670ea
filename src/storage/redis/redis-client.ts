import { readFile } from 'node:fs/promises';
import { type RedisOptions as ClientOptions, Redis } from 'ioredis';
import type { ResolvedRedisOptions } from './schema.ts';

const firstDelayMs = 50;
const connectTimeoutMs = 10_000;
const keepAliveMs = 10_000;

/** A client that connects only when it is told to, and keeps nothing back for later: what waits is ours to bound. */
export function createClient(options: ResolvedRedisOptions, tls: ClientOptions['tls']): Redis {
  return new Redis({
    ...addressOf(options.url),
    ...(options.user === undefined ? {} : { username: options.user }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(tls === undefined ? {} : { tls }),
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false, // a batch is sent again under its number
    maxRetriesPerRequest: 0, // what waits for an answer fails when the connection does
    connectTimeout: connectTimeoutMs,
    socketTimeout: options.operationTimeout, // without an answer for so long the connection is taken for broken
    keepAlive: keepAliveMs,
    autoResubscribe: false, // followed by reading what was missed
    noDelay: true,
    retryStrategy: (attempt) => delayOf(attempt, options.reconnectDelayMax),
  });
}

/** Doubles with every attempt, and differs between nodes so that they do not all come at once. */
const delayOf = (attempt: number, longestMs: number): number =>
  Math.min(firstDelayMs * 2 ** Math.min(attempt, 20), longestMs) * (0.5 + Math.random() / 2);

function addressOf(url: string): ClientOptions {
  if (url.startsWith('unix://')) return { path: url.slice('unix://'.length) };
  const { hostname, port, pathname } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 6379 : Number(port),
    db: Number(pathname.slice(1) || '0'),
  };
}

/** @throws Error of the file system when a file cannot be read. */
export async function readTls({ url, tls = {} }: ResolvedRedisOptions): Promise<ClientOptions['tls']> {
  if (!url.startsWith('rediss:')) return undefined;
  const read = async (path: string | undefined) => (path === undefined ? undefined : await readFile(path));
  const [ca, cert, key] = await Promise.all([read(tls.ca), read(tls.cert), read(tls.key)]);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
  };
}
