import type { Message } from '../../plane/message.ts';
import { TopicIndex } from '../../plane/topic-index.ts';
import type { Gate, Sending } from '../ports.ts';

/** Who must have a message at QoS 1 or 2 before its publisher is acknowledged. */
export class Gates {
  readonly #index = new TopicIndex<Gate>();

  get isEmpty(): boolean {
    return this.#index.size === 0;
  }

  /** @returns takes the gate away */
  add(filter: string, gate: Gate): () => void {
    const own: Gate = (message, sending) => gate(message, sending);
    this.#index.add(filter, own);
    return () => void this.#index.remove(filter, own);
  }

  /**
   * Gives the message to every gate of its topic.
   * @returns undefined where nobody has to have it; else kept when all have it, and broken when one cannot take it
   */
  pass(message: Message, sending: Sending): Promise<unknown> | undefined {
    if (this.#index.size === 0) return undefined;
    let found: Gate[] | undefined;
    this.#index.match(message.topic, (gate) => {
      found ??= [];
      found.push(gate);
    });
    if (found === undefined) return undefined;
    const waiting = found.flatMap((gate) => gate(message, sending) ?? []);
    return waiting.length === 0 ? undefined : Promise.all(waiting);
  }
}
