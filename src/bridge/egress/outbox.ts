import type { Events } from '../../kernel/telemetry-ports.ts';
import { bridgeOutboxDropped, type OutboxDropReason } from '../events.ts';
import type { HeaderList } from '../link.ts';

/** A message as it goes to NATS. */
export interface OutboxMessage {
  readonly subject: string;
  readonly headers: HeaderList;
  readonly payload: Uint8Array;
}

export interface OutboxEntry extends OutboxMessage {
  /** Rises with each message of a rule. */
  readonly number: number;
  /** When it was appended, milliseconds since the epoch. */
  readonly atMs: number;
}

export interface OutboxSize {
  readonly messages: number;
  readonly bytes: number;
}

/** Messages that were acknowledged and that NATS does not have yet, by rule and in order. Bounded by `bridge.outbox`. */
export interface Outbox {
  /**
   * Makes it ready, where it is not yet. @param rules those that empty it. @throws StoreError where it cannot be used.
   */
  open(rules: readonly string[]): Promise<void>;
  /**
   * Counts, and can be read, at once. @returns kept when the message survives the end of the process, or was dropped as
   * the policy says; broken with LinkError `nats-unacknowledged` when there is no room, or StoreError.
   */
  append(rule: string, message: OutboxMessage): Promise<void>;
  size(rule: string): OutboxSize;
  /** The oldest, as many as asked for at most, and no more than some megabytes. */
  read(rule: string, maxMessages: number): readonly OutboxEntry[];
  /** Removes everything up to and with a number. */
  remove(rule: string, upTo: number): void;
}

/** Turns what the outbox lets go into events. */
export const reportOutboxDrops =
  (events: Events) =>
  (rule: string, reason: OutboxDropReason): void =>
    events.emit(bridgeOutboxDropped, { rule, reason });
