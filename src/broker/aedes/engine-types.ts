import type { StoredProperties } from '../stored-properties.ts';
import type { EngineStore } from './engine-store.ts';

// The parts of Aedes 2.0.0-beta.1 that the adapter touches, its internals included. The version is pinned exactly, so
// that these shapes hold.

/** A packet as mqtt-packet reads it, before the engine looks at it. */
export interface EngineParsedPacket {
  readonly cmd: string;
  reasonCode?: number | undefined;
  messageId?: number | undefined;
  will?: { properties?: StoredProperties } | undefined;
}

export type Done = (error?: Error | null) => void;

/** As much of a parser as a client of the engine needs when packets come to it whole. */
export interface EngineParserStub {
  readonly client?: EngineClient;
  _queue: unknown;
  listeners(event: string): unknown[];
  removeAllListeners(event: string): void;
}

export interface EngineClient {
  id: string | null;
  version: 3 | 4 | 5 | null;
  clean: boolean;
  closed: boolean;
  connackSent: boolean;
  duplicates: Record<string, number>;
  connecting: boolean;
  connected: boolean;
  conn: { destroy(): void };
  _cleanStart?: boolean;
  /** It leaves no will. */
  _disconnected?: boolean;
  _parser: EngineParserStub;
  _parsingBatch: number;
  _topicAliases: ReadonlyMap<number, string>;
  _eos: () => void;
  sessionExpiryInterval: number;
  _nextBatch: (error?: Error | null) => void;
  _connectTimer: NodeJS.Timeout | null;
  _serverKeepAlive?: number;
  close(done?: () => void): void;
  disconnect(options: { reasonCode: number }, done: () => void): void;
}

/** The queue through which the engine would route. */
export interface EngineQueue {
  on(): this;
  removeListener(): this;
  emit(): this;
  close(done?: () => void): this;
}

export interface EngineOptions {
  readonly id: string;
  readonly mq: EngineQueue;
  readonly persistence: EngineStore;
  readonly connectTimeout: number;
  readonly drainTimeout: number;
  readonly maxClientsIdLength: number;
  readonly sessionExpiryIntervalLimit: number;
  readonly pendingSessionsLimit: number;
  readonly authenticate: (
    client: EngineClient,
    username: unknown,
    password: unknown,
    done: (error: Error | null, isAccepted: boolean) => void,
  ) => void;
}
