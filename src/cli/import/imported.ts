import type { Note } from './note.ts';

/** A listener as it is written into the configuration. */
export interface ListenerDraft {
  name: string;
  bind: string;
  tls: 'off' | 'one-way' | 'two-way' | 'two-way-optional';
  accept: ('mqtt' | 'websocket')[];
  path?: string;
  certificate?: string;
  key?: string;
  clientCa?: string;
  maxConnections?: number;
  authentication?: string[];
  origins?: string[];
  psk?: { identities: { file: string } };
  policy?: { minVersion?: '1.2' | '1.3' };
  mqtt?: { maximumQos?: 0 | 1 | 2; retain?: boolean };
}

/** What is made of another broker's files. */
export interface Imported {
  /** Sections of the configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Lines `user:hash` of the password file; none: there is no such file. */
  readonly passwords: readonly string[];
  readonly notes: readonly Note[];
}

/** Reads a file that another one names. @throws AppError usage where it cannot be read */
export type ReadText = (path: string) => Promise<string>;
