/** What a service says of what a client wants to do. */
export interface AccessAnswer {
  /** `ignore`: others are to say. */
  readonly result: 'allow' | 'deny' | 'ignore';
}

/** Reads it, as EMQX 5 has it. @returns the sentence that says why it says nothing */
export function readAccessAnswer(answer: unknown): AccessAnswer | string {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return 'its answer is no object';
  const result: unknown = Reflect.get(answer, 'result') ?? 'ignore';
  if (result === 'allow' || result === 'deny' || result === 'ignore') return { result };
  return 'its answer has another "result" than allow, deny and ignore';
}
