import { messageOf } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { natsLoginUnreadable } from './events.ts';
import { type LoginOptions, loginOptions } from './login.ts';
import type { ResolvedNatsOptions } from './resolved-options.ts';

/**
 * Credentials for one connection after the other: those of the start, then what stands in their files at the time,
 * because they may have been rotated. Where that cannot be read or used, the last ones are tried.
 * @throws ConfigError for a seed or credentials that cannot be read.
 */
export function freshLogin({ login, readLogin }: ResolvedNatsOptions, events: Events): () => Promise<LoginOptions> {
  const atStart = loginOptions(login);

  let last = atStart;
  let isFirst = true;
  return async () => {
    const mayBeRotated = readLogin !== undefined && !isFirst;
    isFirst = false;
    try {
      if (mayBeRotated) last = loginOptions(await readLogin());
    } catch (cause) {
      events.emit(natsLoginUnreadable, { error: messageOf(cause) });
    }
    return last;
  };
}
