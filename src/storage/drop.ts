/** Something a store let go because a limit was reached or its time had come. */
export interface Drop {
  /** `refused`: a limit with the policy `refuse`, the limit of the whole store, or a full disk. */
  readonly reason:
    | 'queue-full'
    | 'retained-full'
    | 'exchanges-full'
    | 'subscriptions-full'
    | 'expired'
    | 'too-old'
    | 'refused';
  /** Whose queue it was; absent for retained messages. */
  readonly clientId?: string;
  /** Absent for open QoS 2 identifiers. */
  readonly topic?: string;
}

export type ReportDrop = (drop: Drop) => void;

/** Outside parts of a store, injected. */
export interface StoreDeps {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onDropped: ReportDrop;
}
