import { randomBytes } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import { LinkError } from '../../kernel/errors.ts';
import { forbiddenToPublish } from '../forbidden.ts';
import type { NatsLink, NatsMessage, RequestOptions } from '../link.ts';

/** Requests that wait for an answer at a time. */
const maxWaiting = 16_384;

interface Waiting {
  readonly subject: string;
  settle(answer: NatsMessage | LinkError): void;
}

type Send = Pick<NatsLink, 'publish' | 'subscribe'>;

/** Requests of a link: one subscription hears the answers to all of them. */
export class Requests {
  readonly #link: Send;
  readonly #clock: Clock;
  readonly #inbox = `_INBOX.${randomBytes(9).toString('hex')}`;
  readonly #waiting = new Map<string, Waiting>();
  #isListening = false;
  #last = 0;
  /** Why answers cannot come, as far as is known. */
  #deaf: LinkError | undefined;

  constructor(link: Send, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /** See `NatsLink.request`. */
  send(subject: string, payload: Uint8Array, { timeoutMs, signal }: RequestOptions): Promise<NatsMessage> {
    this.#listen();
    if (this.#waiting.size >= maxWaiting)
      return Promise.reject(new LinkError('nats-unreachable', `${maxWaiting} requests wait for answers of NATS`));
    this.#last += 1;
    const reply = `${this.#inbox}.${this.#last.toString(36)}`;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(reply);
        cancel();
        signal?.removeEventListener('abort', abort);
      };
      const settle = (answer: NatsMessage | LinkError): void => {
        end();
        if (answer instanceof LinkError) reject(answer);
        else if (answer.status?.code === 503) reject(nobody(subject));
        else resolve(answer);
      };
      const abort = (): void => {
        end();
        reject(signal?.reason);
      };
      const cancel = this.#clock.after(timeoutMs, () => settle(this.#deaf ?? silent(subject, timeoutMs)));
      this.#waiting.set(reply, { subject, settle });
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted === true) return abort();
      const result = this.#link.publish(subject, payload, undefined, reply);
      if (result !== 'sent')
        settle(new LinkError('nats-unreachable', `a request on ${subject} was not sent: ${result}`));
    });
  }

  /** The server did not let us publish on this subject. */
  forbidden(subject: string): void {
    for (const waiting of this.#waiting.values())
      if (waiting.subject === subject) waiting.settle(forbiddenToPublish(subject));
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    const hear = (answer: NatsMessage): void => {
      this.#deaf = undefined;
      this.#waiting.get(answer.subject)?.settle(answer);
    };
    const onForbidden = (error: LinkError): void => {
      this.#deaf = error;
      for (const waiting of this.#waiting.values()) waiting.settle(error);
    };
    this.#link.subscribe(`${this.#inbox}.*`, hear, { onForbidden });
  }
}

const nobody = (subject: string): LinkError =>
  new LinkError('nats-unreachable', `nobody at NATS answers requests on ${subject}`);

const silent = (subject: string, timeoutMs: number): LinkError =>
  new LinkError('nats-unacknowledged', `nobody answered a request on ${subject} within ${timeoutMs} ms`);
