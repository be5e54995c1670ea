/** Where a rule has its messages from NATS. */
export interface RuleSource {
  /** Messages that NATS gives again unless they are acknowledged; undefined where it does not. */
  readonly inFlight: number | undefined;
  /** Asks NATS for them, now or with the next connection; what comes before `begin` is not the rule's. */
  hold(): void;
  /** Kept when NATS gives them, as far as it has said until now. @throws LinkError where it does not. */
  check(signal: AbortSignal): Promise<void>;
  /** Takes messages, from this moment on. */
  begin(): void;
  /** Takes none any more, from this moment on. Also before `begin`. */
  end(): void;
  /** Kept when what it took is done with. */
  ended(deadline: AbortSignal): Promise<void>;
}
