import { errors, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { forbiddenToSubscribe } from '../forbidden.ts';
import type { NatsMessage, NatsSubscription, SubscribeOptions } from '../link.ts';
import { toNatsMessage } from './wire-headers.ts';

interface Entry {
  readonly subject: string;
  readonly onMessage: (message: NatsMessage) => void;
  readonly options: SubscribeOptions;
  /** At the connection of the moment. */
  live: Subscription | undefined;
}

/** What is subscribed to, over all connections: each new one gets it again. */
export class NatsSubscriptions {
  readonly #entries = new Set<Entry>();
  readonly #report: (error: unknown) => void;
  #connection: NatsConnection | undefined;

  /** @param report hears what goes wrong */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  add(subject: string, onMessage: (message: NatsMessage) => void, options: SubscribeOptions): NatsSubscription {
    const entry: Entry = { subject, onMessage, options, live: undefined };
    this.#entries.add(entry);
    this.#attach(entry);
    return {
      subject,
      unsubscribe: () => {
        if (!this.#entries.delete(entry)) return;
        entry.live?.unsubscribe();
        entry.live = undefined;
      },
    };
  }

  /** There is a new connection. */
  attach(connection: NatsConnection): void {
    this.#connection = connection;
    for (const entry of this.#entries) this.#attach(entry);
  }

  /** The connection is gone. */
  detach(): void {
    this.#connection = undefined;
    for (const entry of this.#entries) entry.live = undefined;
  }

  #attach(entry: Entry): void {
    const connection = this.#connection;
    if (connection === undefined || connection.isClosed()) return; // the next connection will
    const { subject, onMessage, options } = entry;
    entry.live = connection.subscribe(subject, {
      ...(options.queue === undefined ? {} : { queue: options.queue }),
      callback: (error, message) => {
        if (!this.#entries.has(entry)) return;
        if (error !== null) return this.#failed(entry, error);
        try {
          onMessage(toNatsMessage(message));
        } catch (failure) {
          this.#report(failure); // thrown further, it would end the library's reading
        }
      },
    });
  }

  #failed({ subject, options }: Entry, error: Error): void {
    this.#report(error);
    if (error instanceof errors.PermissionViolationError) options.onForbidden?.(forbiddenToSubscribe(subject, error));
  }
}
