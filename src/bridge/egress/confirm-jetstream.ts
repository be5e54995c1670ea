import { randomBytes } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import type { LinkError } from '../../kernel/errors.ts';
import { forbiddenToPublish } from '../forbidden.ts';
import type { HeaderList, NatsLink } from '../link.ts';
import type { Confirm } from './acknowledged.ts';
import { late, noStream, notStored, readJetStreamAnswer, readStreamCount } from './jetstream-answer.ts';
import { Unavailable } from './unavailable.ts';

/** Messages that wait for JetStream at a time; more are refused. */
const maxWaiting = 16_384;

/** A message that JetStream has not answered for. */
export interface Unstored {
  /** Rises with each message. */
  readonly number: number;
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: HeaderList;
  /** Where JetStream answers. */
  readonly reply: string;
  readonly settle: (error?: LinkError) => void;
}

/**
 * JetStream has a message once it has said in which stream: each is sent with an address for that answer. While nobody
 * is there to store it, as when a stream chooses its leader, it is sent again, in its order, until `timeoutMs` is over.
 */
export function confirmByJetStream(nats: NatsLink, clock: Clock, timeoutMs: number): Confirm {
  const inbox = `_INBOX.${randomBytes(9).toString('hex')}`;
  const waiting = new Map<string, Unstored>();
  let last = 0;
  const unavailable = new Unavailable<Unstored>({
    clock,
    send: ({ subject, payload, headers, reply }) => nats.publish(subject, payload, headers, reply),
    onBegin: (subject) => void endWithoutStream(subject).catch(() => undefined),
  });
  /** Waiting helps only where there is a stream. */
  const endWithoutStream = async (subject: string): Promise<void> => {
    const question = Buffer.from(JSON.stringify({ subject }));
    const answer = await nats.request('$JS.API.STREAM.NAMES', question, { timeoutMs });
    if (readStreamCount(answer) !== 0) return;
    for (const message of unavailable.end(subject)) message.settle(noStream(subject));
  };
  nats.onForbidden((subject) => {
    for (const message of waiting.values()) {
      if (message.subject !== subject) continue;
      return message.settle(forbiddenToPublish(subject)); // one for each time that the server says so
    }
  });
  nats.subscribe(`${inbox}.*`, (answer) => {
    const message = waiting.get(answer.subject);
    const verdict = readJetStreamAnswer(answer);
    if (message === undefined || verdict === 'foreign') return;
    if (verdict === 'unavailable') unavailable.add(message);
    else message.settle(verdict === 'stored' ? undefined : notStored(message.subject, verdict));
  });

  return (subject, payload, headers) => {
    if (waiting.size >= maxWaiting) return 'nats-backlog';
    last += 1;
    const number = last;
    const reply = `${inbox}.${number.toString(36)}`;
    const isBehind = unavailable.has(subject);
    const result = isBehind
      ? (nats.unsendable(subject, payload, headers, reply) ?? 'sent')
      : nats.publish(subject, payload, headers, reply);
    if (result !== 'sent') return result;
    return new Promise((resolve, reject) => {
      const settle = (error?: LinkError): void => {
        if (!waiting.delete(reply)) return;
        cancel();
        unavailable.remove(message);
        if (error === undefined) resolve();
        else reject(error);
      };
      const message: Unstored = { number, subject, payload, headers, reply, settle };
      const cancel = clock.after(timeoutMs, () => settle(late(subject, timeoutMs, unavailable.has(subject))));
      waiting.set(reply, message);
      if (isBehind) unavailable.add(message);
    });
  };
}
