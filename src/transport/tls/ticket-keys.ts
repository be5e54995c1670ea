import { hkdfSync, randomBytes } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import { StartError } from '../../kernel/errors.ts';

/** What seals session tickets for one period. */
export interface TicketKey {
  /** 16 bytes; stands in the ticket, unencrypted, so that the key is found again. */
  readonly name: Buffer;
  /** 16 bytes, AES-128. */
  readonly aes: Buffer;
  /** 32 bytes, HMAC-SHA-256. */
  readonly hmac: Buffer;
}

export interface TicketKeys {
  /** Seals new tickets. */
  current(): TicketKey;
  /** The key of this period or the one before. @returns undefined when the ticket is older, or not ours. */
  find(name: Uint8Array): TicketKey | undefined;
}

/** Gives what the keys of a period are derived from. */
export type TicketSecrets = (period: number) => Uint8Array;

const minSecretBytes = 32;

/** @throws StartError when a secret could be guessed, and with it every session be read. */
export function checkTicketSecret(listener: string, secret: string | undefined): void {
  const bytes = Buffer.byteLength(secret ?? '');
  if (secret === undefined || bytes >= minSecretBytes) return;
  throw new StartError(
    'start-failed',
    `listener ${listener}: tickets.secret is ${bytes} bytes long, which could be guessed; use at least ${minSecretBytes}, e.g. from: openssl rand -base64 48`,
  );
}

const derive = (secret: Uint8Array, purpose: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `viaduct tickets ${purpose}`, bytes)); // RFC 5869

/**
 * @param shared the same on all nodes that resume each other's sessions: the keys follow from it and the time, so that
 * rotation needs no word between the nodes. Without it the secrets are random, and forgotten after two periods.
 */
export function ticketSecrets(shared: string | undefined): TicketSecrets {
  if (shared !== undefined) {
    const secret = Buffer.from(shared);
    return (period) => derive(secret, `period ${period}`, 32);
  }
  const own = new Map<number, Buffer>();
  return (period) => {
    for (const old of own.keys()) if (old < period - 1) own.delete(old);
    const secret = own.get(period) ?? randomBytes(32);
    own.set(period, secret);
    return secret;
  };
}

/**
 * Ticket keys that change every `rotateMs`.
 * @param scope what sessions have in common; keys of one scope open no ticket of another.
 */
export function ticketKeys(options: {
  readonly secrets: TicketSecrets;
  readonly scope: string;
  readonly rotateMs: number;
  readonly clock: Clock;
}): TicketKeys {
  const { secrets, scope, rotateMs, clock } = options;
  const keyOf = (period: number): TicketKey => {
    const bytes = derive(secrets(period), `scope ${scope}`, 64);
    return { name: bytes.subarray(0, 16), aes: bytes.subarray(16, 32), hmac: bytes.subarray(32) };
  };
  const keysAt = (period: number) => ({ period, current: keyOf(period), previous: keyOf(period - 1) });
  let keys = keysAt(Math.floor(clock.now() / rotateMs));
  const upToDate = (): typeof keys => {
    const period = Math.floor(clock.now() / rotateMs);
    if (period !== keys.period) keys = keysAt(period);
    return keys;
  };
  return {
    current: () => upToDate().current,
    find(name) {
      const { current, previous } = upToDate();
      return [current, previous].find((key) => key.name.equals(name));
    },
  };
}
