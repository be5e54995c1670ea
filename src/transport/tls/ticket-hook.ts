import { randomFillSync } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import type { TicketKey, TicketKeys } from './ticket-keys.ts';

/**
 * The hook for ticket keys: not of Node's documented interface, but in every version of it, for its own test of renewed
 * tickets. The documented way (`ticketKeys`) knows one key at a time and issues no ticket on a resumed connection, so
 * that a client of TLS 1.3, which uses a ticket once, would resume only every second time.
 */
interface HookedContext {
  enableTicketKeyCallback(): void;
  /** @param isNew a ticket is to be sealed, not opened. */
  onticketkeycallback: (name: Uint8Array, iv: Uint8Array, isNew: boolean) => readonly unknown[];
}

const hasHook = (context: object): context is HookedContext =>
  typeof Reflect.get(context, 'enableTicketKeyCallback') === 'function';

/** What OpenSSL is told (SSL_CTX_set_tlsext_ticket_key_evp_cb). */
const verdicts = { unknown: 0, seal: 1, openAndRenew: 2 } as const;

const ivBytes = 16;

/**
 * Lets `context` seal and open session tickets with these keys, and give each resumed connection a ticket for the next.
 * @returns false where Node has no such hook; it keeps to keys of its own then.
 */
export function useTicketKeys(context: SecureContext, keys: TicketKeys): boolean {
  const inner: unknown = context.context;
  if (typeof inner !== 'object' || inner === null || !hasHook(inner)) return false;
  const nextIv = ivSource();
  const answer = (verdict: number, { hmac, aes }: TicketKey): unknown[] => [verdict, hmac, aes];
  inner.onticketkeycallback = (name, _iv, isNew) => {
    if (isNew) {
      const key = keys.current();
      return [...answer(verdicts.seal, key), key.name, nextIv()];
    }
    const key = keys.find(name);
    return key === undefined ? answer(verdicts.unknown, keys.current()) : answer(verdicts.openAndRenew, key);
  };
  inner.enableTicketKeyCallback();
  return true;
}

/** Random initialisation vectors, drawn 256 at a time. */
function ivSource(): () => Buffer {
  const pool = Buffer.alloc(256 * ivBytes);
  let next = pool.length;
  return () => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    next += ivBytes;
    return pool.subarray(next - ivBytes, next);
  };
}
