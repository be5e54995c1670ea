import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/telemetry-ports.ts';
import { type ConnectionDropReason, dropSentences } from './events.ts';
import { floodNotice } from './flood-notice.ts';

/** Says in sums which connections of a listener were closed by a limit. */
export const dropNotice = (listener: string, clock: Clock, logger: Logger) =>
  floodNotice<ConnectionDropReason>(clock, (reason, count, example) =>
    logger.log(
      'warn',
      `listener ${listener}: ${count} ${count === 1 ? 'connection' : 'connections'} closed (${dropSentences[reason]}), the last from ${example}`,
    ),
  );
