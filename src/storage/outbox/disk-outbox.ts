import type { Clock } from '../../kernel/clock.ts';
import { LinkError, messageOf, StoreError } from '../../kernel/errors.ts';
import type { Component } from '../../kernel/lifecycle.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { Durability } from '../disk/files/batch.ts';
import { outboxLeft, reportMended, storeFailed } from '../events.ts';
import { OpenedOutbox } from './opened-outbox.ts';
import { type KeptMessage, type KeptRecord, readEntry, writeEntry } from './record.ts';

export interface OutboxOptions {
  /** Made if it is missing. */
  readonly directory: string;
  readonly durability: Durability;
  /** Of each rule; bytes are those of records, age is in milliseconds. */
  readonly limits: {
    readonly messages: number;
    readonly bytes: number;
    readonly age: number;
    readonly onFull: 'drop-oldest' | 'drop-newest' | 'refuse';
  };
}

export interface OutboxDeps {
  readonly clock: Clock;
  readonly events: Events;
  readonly onDropped: (rule: string, reason: 'drop-oldest' | 'drop-newest' | 'too-old') => void;
}

export interface DiskOutbox extends Component {
  /**
   * Opens the folder, where that has not been done. @param rules those that empty it; what others left is told.
   * @throws StoreError store-in-use, store-damaged, store-newer or store-unavailable
   */
  open(rules: readonly string[]): Promise<void>;
  append(rule: string, message: KeptMessage): Promise<void>;
  size(rule: string): { readonly messages: number; readonly bytes: number };
  read(rule: string, maxMessages: number): (KeptRecord & { readonly number: number })[];
  remove(rule: string, upTo: number): void;
}

const stepMs = 1_000;
/** Too old messages that are removed in one step. */
const maxAged = 10_000;
/** Bytes of records that are read at once; the one that passes it is the last. */
const maxReadBytes = 4_194_304;

/**
 * Messages for NATS in a folder, through LMDB: of each rule those between two numbers, without gaps. An append is
 * committed with the others of its turn of the event loop, and survives then what `store.durability` says. It is opened
 * when a rule needs it first.
 */
export function createDiskOutbox(options: OutboxOptions, { clock, events, onDropped }: OutboxDeps): DiskOutbox {
  const { directory, durability, limits } = options;
  let opened: OpenedOutbox | undefined;
  let cancelStep: () => void = () => undefined;

  const onFailed = (error: unknown): void => events.emit(storeFailed, { error: `outbox: ${messageOf(error)}` });
  const files = (): OpenedOutbox => {
    if (opened === undefined) throw new StoreError('store-unavailable', 'the outbox is closed');
    return opened;
  };

  const removeAged = (rule: string): void => {
    const shelf = files().shelf(rule);
    for (let left = maxAged; left > 0 && shelf.first < shelf.next; left -= 1) {
      const value = files().get(rule, shelf.first);
      if (value !== undefined && clock.now() - readEntry(value).atMs <= limits.age) return;
      files().removeOldest(rule);
      onDropped(rule, 'too-old');
    }
  };

  const append = async (rule: string, message: KeptMessage): Promise<void> => {
    const value = writeEntry(message, clock.now());
    const shelf = files().shelf(rule);
    const isFull = () =>
      shelf.next - shelf.first >= limits.messages ||
      (shelf.next > shelf.first && shelf.bytes + value.length > limits.bytes);
    if (value.length > limits.bytes) throw full(rule);
    if (isFull()) removeAged(rule);
    if (isFull() && limits.onFull === 'refuse') throw full(rule);
    if (isFull() && limits.onFull === 'drop-newest') return onDropped(rule, 'drop-newest');
    if (!files().space.hasRoom(value.length))
      throw new StoreError('store-full', `the disk of store.directory ${directory} is full; the message was refused`);
    for (; isFull(); files().removeOldest(rule)) onDropped(rule, 'drop-oldest');
    await files().append(rule, value);
  };

  const step = (): void => {
    cancelStep = clock.after(stepMs, step);
    try {
      for (const rule of files().shelves.keys()) removeAged(rule);
      void files().step().catch(onFailed);
    } catch (error) {
      onFailed(error);
    }
  };

  return {
    name: 'outbox',
    append,
    size(rule) {
      const { first, next, bytes } = opened?.shelves.get(rule) ?? { first: 0, next: 0, bytes: 0 };
      return { messages: next - first, bytes };
    },
    read: (rule, maxMessages) => oldestOf(files(), rule, maxMessages),
    remove(rule, upTo) {
      const shelf = files().shelf(rule);
      while (shelf.first < shelf.next && shelf.first <= upTo) files().removeOldest(rule);
    },
    start: () => Promise.resolve(),
    async open(rules) {
      if (opened !== undefined) return;
      opened = await OpenedOutbox.open(directory, durability, { onFailed, onMended: reportMended(events) });
      for (const [rule, { first, next }] of opened.shelves)
        if (next > first && !rules.includes(rule)) events.emit(outboxLeft, { rule, messages: next - first });
      cancelStep = clock.after(stepMs, step);
    },
    async stop() {
      cancelStep();
      const closing = opened;
      opened = undefined;
      await closing?.close();
    },
  };
}

function oldestOf(
  files: OpenedOutbox,
  rule: string,
  maxMessages: number,
): (KeptRecord & { readonly number: number })[] {
  const { first, next } = files.shelf(rule);
  const entries: (KeptRecord & { readonly number: number })[] = [];
  for (let number = first, bytes = 0; number < next && bytes <= maxReadBytes; number += 1) {
    const value = files.get(rule, number);
    if (value === undefined) continue;
    entries.push({ ...readEntry(value), number });
    bytes += value.length;
    if (entries.length === maxMessages) break;
  }
  return entries;
}

const full = (rule: string): LinkError =>
  new LinkError(
    'nats-unacknowledged',
    `rule "${rule}": the outbox is full (bridge.outbox) and NATS does not take it; send the message again later`,
  );
