/** What a numbered message says: who sent it where, at which QoS, and which of those it is, from 1. */
export interface Numbered {
  readonly publisher: string;
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly number: number;
}

export const numberedPayload = ({ publisher, topic, qos, number }: Numbered): string =>
  [publisher, topic, qos, number].join(' ');

/** How a subscriber may see the messages of one publisher, topic and QoS. */
export interface Promises {
  /** Numbers may be missing, as at QoS 0 while the subscriber is away. */
  readonly mayLose?: boolean;
  /** A message may come again, as at QoS 1 after a reconnect; the first deliveries still are in order. */
  readonly mayRepeat?: boolean;
}

/** Checks the numbers that a subscriber sees. */
export class Ledger {
  readonly faults: string[] = [];
  readonly #promises: (qos: number) => Promises;
  readonly #last = new Map<string, number>();
  #counted = 0;

  constructor(promises: (qos: number) => Promises = () => ({})) {
    this.#promises = promises;
  }

  /** Different messages seen so far, those left out that may be lost. */
  get counted(): number {
    return this.#counted;
  }

  /** @param qos at which it was delivered */
  see(payload: string, qos: number): void {
    const parts = payload.split(' ');
    const number = Number(parts.pop());
    const stream = parts.join(' ');
    const { mayLose = false, mayRepeat = false } = this.#promises(qos);
    const due = (this.#last.get(stream) ?? 0) + 1;
    if (parts.at(-1) !== String(qos)) this.faults.push(`${payload} came at QoS ${qos}`);
    if (number < due && !mayRepeat) this.faults.push(`${stream}: ${number} came where ${due} was due`);
    if (number > due && !mayLose) this.faults.push(`${stream}: ${number} came where ${due} was due`);
    if (number < due) return;
    this.#last.set(stream, number);
    if (!mayLose) this.#counted += 1;
  }
}
