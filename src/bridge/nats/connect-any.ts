import type { NatsConnection } from '@nats-io/transport-node';
import { connectOnce } from './connect-once.ts';
import { type ConnectFailure, connectFailure } from './failure.ts';
import type { LoginOptions } from './login.ts';
import type { ResolvedNatsOptions } from './resolved-options.ts';
import { parseServerUrl, showServer } from './server-url.ts';

export interface Connected {
  readonly connection: NatsConnection;
  /** URL for people. */
  readonly server: string;
}

/** Tries every server once, in random order, until one takes us. @returns why none did otherwise; it never throws. */
export async function connectAny(
  options: ResolvedNatsOptions,
  login: LoginOptions,
  random: () => number,
  signal: AbortSignal,
): Promise<Connected | readonly ConnectFailure[]> {
  const { servers } = options;
  const urls = [...(typeof servers === 'function' ? servers() : servers)]
    .map((text) => ({ text, rank: random() }))
    .sort((a, b) => a.rank - b.rank);
  const failures: ConnectFailure[] = [];
  for (const { text } of urls) {
    if (signal.aborted) break;
    try {
      const server = parseServerUrl(text);
      return { connection: await connectOnce(server, options, login, signal), server: showServer(server) };
    } catch (cause) {
      failures.push(connectFailure(text, options.login, cause));
    }
  }
  return failures;
}
