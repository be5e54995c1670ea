import { AppError, messageOf, systemCode } from '../kernel/errors.ts';
import { printable } from '../kernel/printable.ts';
import type { TimerWheel } from '../kernel/timer-wheel.ts';

/** Times the ends of all links of a listener: a timer of their own for each costs as much as a tenth of what reads its CONNECT. */
export type LinkEnds = Pick<TimerWheel, 'add'>;

/** How late an end may be cut, in milliseconds. */
export const endTickMs = 500;

/** What a client is given to take what is still buffered for it once its link is ended. */
export const endGraceMs = 2_000;

export const closedByClient = 'closed by the client';
export const closedByBroker = 'closed by the broker';
export const notTakenInTime = `closed by the broker; the client did not take the rest within ${endGraceMs / 1_000} s`;

const sentences: Readonly<Record<string, string>> = {
  ECONNRESET: 'connection reset by the client',
  EPIPE: 'the client closed while it was written to',
  ECONNABORTED: 'connection aborted',
  ETIMEDOUT: 'connection timed out: the client no longer answers',
  EHOSTUNREACH: 'connection lost: no route to the client',
};

/** Puts a socket error into words. */
export function closeReason(error: unknown): string {
  if (error instanceof AppError) return error.message;
  const code = systemCode(error) ?? '';
  const sentence = sentences[code];
  if (sentence !== undefined) return sentence;
  const text =
    error instanceof Error && 'reason' in error && typeof error.reason === 'string' ? error.reason : messageOf(error);
  return code.startsWith('ERR_SSL') ? `TLS failure: ${printable(text)}` : `connection failed: ${printable(text)}`;
}
