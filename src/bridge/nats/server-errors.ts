import { errors } from '@nats-io/transport-node';
import { messageOf } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { natsError } from './events.ts';

/** Different errors of one connection that are logged; forbidden subjects could be as many as topics. */
const maxTold = 32;

/** What NATS says is wrong, while the connection lives on. */
export class ServerErrors {
  readonly #events: Events;
  readonly #told = new Set<string>();
  readonly #forbidden: ((subject: string) => void)[] = [];

  constructor(events: Events) {
    this.#events = events;
  }

  onForbidden(listener: (subject: string) => void): void {
    this.#forbidden.push(listener);
  }

  /** @returns what went wrong. */
  report(error: unknown): string {
    if (error instanceof errors.PermissionViolationError && error.operation === 'publish')
      for (const listener of this.#forbidden) listener(error.subject);
    const text = messageOf(error);
    if (this.#told.has(text) || this.#told.size >= maxTold) return text;
    this.#told.add(text);
    this.#events.emit(natsError, { error: text });
    return text;
  }

  /** There is a new connection. */
  forget(): void {
    this.#told.clear();
  }
}
