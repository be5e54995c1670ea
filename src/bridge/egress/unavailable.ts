import type { Clock } from '../../kernel/clock.ts';

export interface UnavailableDeps<T> {
  readonly clock: Clock;
  readonly send: (message: T) => void;
  /** Nobody takes the messages of a subject any more. */
  readonly onBegin: (subject: string) => void;
}

interface Item {
  readonly number: number;
  readonly subject: string;
}

/** A queue of one subject, sorted by number; its first is the only one that is sent. */
interface Queue<T> {
  readonly messages: T[];
  cancel: () => void;
  delayMs: number;
}

const firstDelayMs = 50;
const longestDelayMs = 1_000;

/**
 * Messages that nobody took, by subject and in their order [MQTT-4.6.0-6]. The first of a subject is sent again after a
 * while; once it is through, all behind it follow at once.
 */
export class Unavailable<T extends Item> {
  readonly #deps: UnavailableDeps<T>;
  readonly #queues = new Map<string, Queue<T>>();

  constructor(deps: UnavailableDeps<T>) {
    this.#deps = deps;
  }

  /** Whether a message of this subject has to stand behind others. */
  has(subject: string): boolean {
    return this.#queues.has(subject);
  }

  /** It was not taken, or has to stand behind others. */
  add(message: T): void {
    const { subject } = message;
    const queue = this.#queues.get(subject);
    if (queue === undefined) {
      const begun: Queue<T> = { messages: [message], cancel: () => undefined, delayMs: firstDelayMs };
      this.#queues.set(subject, begun);
      this.#sendLater(begun);
      this.#deps.onBegin(subject);
      return;
    }
    const { messages } = queue;
    if (messages[0] === message) {
      queue.delayMs = Math.min(longestDelayMs, queue.delayMs * 2);
      this.#sendLater(queue);
      return;
    }
    const after = messages.findLastIndex(({ number }) => number < message.number);
    if (messages[after + 1] !== message) messages.splice(after + 1, 0, message);
  }

  /** It is settled. When it was the first, those behind it have their turn. */
  remove(message: T): void {
    const queue = this.#queues.get(message.subject);
    const index = queue?.messages.indexOf(message) ?? -1;
    if (queue === undefined || index === -1) return;
    queue.messages.splice(index, 1);
    if (index > 0) return;
    for (const next of this.end(message.subject)) this.#deps.send(next);
  }

  /** @returns what waited; it waits no longer. */
  end(subject: string): readonly T[] {
    const queue = this.#queues.get(subject);
    queue?.cancel();
    this.#queues.delete(subject);
    return queue?.messages ?? [];
  }

  #sendLater(queue: Queue<T>): void {
    queue.cancel();
    queue.cancel = this.#deps.clock.after(queue.delayMs, () => {
      const [first] = queue.messages;
      if (first === undefined) return;
      this.#deps.send(first);
      this.#sendLater(queue); // also where it could not be sent, or no answer comes
    });
  }
}
