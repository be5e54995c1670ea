import type { LedgerFile } from './ledger-file.ts';

/** Collects when certificates were used, so that the ledger gets a line now and then and not one for every connection. */
export interface SeenRecorder {
  /** Cheap and synchronous. @param serialNumber upper-case hex. @param at milliseconds since the epoch. */
  noteSeen(serialNumber: string, at: number): void;
  /** Writes what was collected as one line. What cannot be written stays collected. Its owner has the timer. */
  flush(): Promise<void>;
}

/** Certificates that are remembered between two flushes; of more the latest are lost, and noted at their next use. */
const maxPending = 50_000;
/** A line in the ledger holds at most so many. */
const linePairs = 5_000;

export function seenRecorder(ledger: LedgerFile): SeenRecorder {
  let pending = new Map<string, number>();
  const note = (serialNumber: string, at: number): void => {
    const before = pending.get(serialNumber);
    if (before === undefined && pending.size >= maxPending) return;
    pending.set(serialNumber, Math.max(before ?? 0, at));
  };
  return {
    noteSeen: note,
    async flush() {
      if (pending.size === 0) return;
      const taken = pending;
      pending = new Map();
      try {
        await ledger.change((entries) => {
          const known = [...taken].filter(([serialNumber]) => entries.has(serialNumber)); // ours, not of other CAs
          const lines = Array.from({ length: Math.ceil(known.length / linePairs) }, (_, index) =>
            known.slice(index * linePairs, (index + 1) * linePairs),
          );
          return { changes: lines.map((seen) => ({ type: 'seen', seen }) as const), result: undefined };
        });
      } catch (cause) {
        for (const [serialNumber, at] of taken) note(serialNumber, at);
        throw cause;
      }
    },
  };
}
