import type { Clock } from '../../kernel/clock.ts';
import { LinkError } from '../../kernel/errors.ts';
import { forbiddenToPublish } from '../forbidden.ts';
import type { NatsLink } from '../link.ts';
import type { Confirm } from './acknowledged.ts';

interface Turn {
  /** Connections at its beginning; a later one knows nothing of what went over this. */
  readonly reconnects: number;
  readonly done: Promise<void>;
  /** Subjects on which the server did not let us publish. */
  readonly forbidden: Set<string>;
}

/** NATS has a message once it has answered a ping sent after it; all messages of a turn of the event loop share one. */
export function confirmByFlush(nats: NatsLink, clock: Clock, timeoutMs: number): Confirm {
  let turn: Turn | undefined;
  const underWay = new Set<Set<string>>();
  nats.onForbidden((subject) => {
    for (const forbiddenSubjects of underWay) forbiddenSubjects.add(subject);
  });
  const begin = (reconnects: number): Turn => {
    const forbiddenSubjects = new Set<string>();
    underWay.add(forbiddenSubjects);
    const done = flush(reconnects)
      .catch(unacknowledged)
      .finally(() => underWay.delete(forbiddenSubjects));
    return { reconnects, done, forbidden: forbiddenSubjects };
  };
  const flush = async (reconnects: number): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    turn = undefined;
    const timeout = new AbortController();
    const cancel = clock.after(timeoutMs, () => timeout.abort(late(timeoutMs)));
    try {
      await nats.flush(timeout.signal);
    } finally {
      cancel();
    }
    if (nats.state().reconnects !== reconnects) throw lost();
  };
  return (subject, payload, headers) => {
    const result = nats.publish(subject, payload, headers);
    if (result !== 'sent') return result;
    const { reconnects } = nats.state();
    if (turn?.reconnects !== reconnects) turn = begin(reconnects);
    const { done, forbidden: forbiddenSubjects } = turn;
    return done.then(() => (forbiddenSubjects.has(subject) ? Promise.reject(forbiddenToPublish(subject)) : undefined));
  };
}

const late = (timeoutMs: number): LinkError =>
  new LinkError(
    'nats-unacknowledged',
    `NATS did not confirm the message within ${timeoutMs} ms (bridge.ackTimeout); send it again`,
  );

const lost = (): LinkError =>
  new LinkError(
    'nats-unacknowledged',
    'the connection to NATS was lost before it confirmed the message; send it again',
  );

function unacknowledged(cause: unknown): never {
  if (cause instanceof LinkError && cause.code === 'nats-unacknowledged') throw cause;
  throw new LinkError('nats-unacknowledged', lost().message, { cause });
}
