import { randomBytes } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { LinkError } from '../kernel/errors.ts';
import type { Confirm } from './acknowledged.ts';
import type { NatsLink, NatsMessage } from './link.ts';

/** Messages that wait for JetStream at a time; more are refused. */
const maxWaiting = 16_384;

interface Waiting {
  readonly subject: string;
  readonly resolve: () => void;
  readonly reject: (error: LinkError) => void;
  readonly cancel: () => void;
}

/** JetStream has a message once it has said in which stream: each is sent with an address for that answer. */
export function confirmByJetStream(nats: NatsLink, clock: Clock, timeoutMs: number): Confirm {
  const inbox = `_INBOX.${randomBytes(9).toString('hex')}`;
  const waiting = new Map<string, Waiting>();
  let last = 0;
  const settle = (reply: string, settled: (message: Waiting) => void): void => {
    const message = waiting.get(reply);
    if (message === undefined) return;
    waiting.delete(reply);
    message.cancel();
    settled(message);
  };
  nats.subscribe(`${inbox}.*`, (answer) => {
    const verdict = readAnswer(answer);
    if (verdict === 'foreign') return;
    settle(answer.subject, ({ subject, resolve, reject }) =>
      verdict === 'stored' ? resolve() : reject(refused(subject, verdict)),
    );
  });
  return (subject, payload, headers) => {
    if (waiting.size >= maxWaiting) return 'nats-backlog';
    last += 1;
    const reply = `${inbox}.${last.toString(36)}`;
    const result = nats.publish(subject, payload, headers, reply);
    if (result !== 'sent') return result;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(timeoutMs, () => settle(reply, () => reject(late(subject, timeoutMs))));
      waiting.set(reply, { subject, resolve, reject, cancel });
    });
  };
}

/** What came to the address of an answer. `foreign`: of somebody who is no stream. */
function readAnswer({ payload }: NatsMessage): 'stored' | 'foreign' | { readonly why: string } {
  if (payload.length === 0) return { why: 'no stream takes it' }; // status 503
  let answer: unknown;
  try {
    answer = JSON.parse(Buffer.from(payload).toString());
  } catch {
    return 'foreign';
  }
  if (typeof answer !== 'object' || answer === null) return 'foreign';
  if ('error' in answer) return { why: descriptionOf(answer.error) };
  return 'stream' in answer && 'seq' in answer ? 'stored' : 'foreign';
}

const descriptionOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'description' in error
    ? String(error.description)
    : 'it gave no reason';

const refused = (subject: string, { why }: { readonly why: string }): LinkError =>
  new LinkError(
    'nats-unacknowledged',
    `JetStream did not store a message on subject ${subject}: ${why}; make a stream with this subject (nats stream add), or write ack: nats`,
  );

const late = (subject: string, timeoutMs: number): LinkError =>
  new LinkError(
    'nats-unacknowledged',
    `JetStream did not acknowledge a message on subject ${subject} within ${timeoutMs} ms (bridge.ackTimeout); send it again`,
  );
