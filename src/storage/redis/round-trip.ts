/** What Redis answers, with every text as bytes. */
export type Reply = null | number | Buffer | Error | readonly Reply[];
export type Argument = string | number | Uint8Array;

/** One operation on its way to Redis. */
export interface Operation {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly bytes: number;
  /** By the monotonic clock, in milliseconds. */
  readonly deadline: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (reason: Error) => void;
  /** Its deadline has passed; the answer, if one comes, is for nobody. */
  isRefused: boolean;
}

/** What a write asks for, and what its answer means. */
export interface WriteOperation {
  readonly args: readonly Argument[];
  /** @throws StoreError store-full, when the answer says so */
  readonly take: (reply: Reply) => void;
}

/** Operations that go to Redis in one round trip, under a number that stays when they are sent again. */
export interface RoundTrip {
  readonly number: number;
  readonly operations: readonly Operation[];
}

/** What the store holds, as Redis counts it. */
export interface Totals {
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly retainedBytes: number;
  readonly retainedMessages: number;
  readonly sessions: number;
}

export function toArguments(operations: readonly Operation[]): (string | number | Buffer)[] {
  const list: (string | number | Buffer)[] = [];
  for (const { name, args } of operations) {
    list.push(name, args.length);
    for (const one of args) list.push(one instanceof Uint8Array ? asBuffer(one) : one);
  }
  return list;
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Text is counted by its length: an estimate is enough for a bound. */
export const sizeOf = (args: readonly Argument[]): number =>
  args.reduce<number>((sum, one) => sum + (typeof one === 'number' ? 8 : one.length), 64);

export const asList = (reply: Reply | undefined): readonly Reply[] => (Array.isArray(reply) ? reply : []);
export const replyText = (reply: Reply | undefined): string => (Buffer.isBuffer(reply) ? reply.toString() : '');
export const asNumber = (reply: Reply | undefined): number => (typeof reply === 'number' ? reply : 0);
export const asBytes = (reply: Reply | undefined): Buffer | undefined => (Buffer.isBuffer(reply) ? reply : undefined);

/** A flat list of fields and values, as HGETALL gives it. */
export const pairsOf = (reply: Reply | undefined): [string, Reply][] => {
  const list = asList(reply);
  return Array.from({ length: list.length / 2 }, (_, index) => [
    replyText(list[index * 2]),
    list[index * 2 + 1] ?? null,
  ]);
};

/** What time it was by Redis, in milliseconds, when it answered a batch. */
export const timeIn = (reply: Reply): number | undefined => asNumber(asList(reply)[6]) || undefined;

/** Makes nothing out of an answer. */
export const noResult = (): void => undefined;
