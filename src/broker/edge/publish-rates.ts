import type { Clock } from '../../kernel/clock.ts';
import { DebtBucket } from '../../kernel/debt-bucket.ts';
import { ownerOf } from '../connect-questions.ts';
import { type AuthorizedClient, noTrust } from '../ports.ts';
import type { PublishRateOptions } from './publish-rate-schema.ts';

/** What one connection may publish: its own share, and that of its user. */
export interface Allowance {
  /** @returns milliseconds that it has to wait */
  take(bytes: number): number;
  owedMs(): number;
  /** It has published nothing for a second. */
  readonly isFull: boolean;
  /** The connection is over. */
  leave(): void;
}

interface Rate {
  readonly messages: DebtBucket | undefined;
  readonly bytes: DebtBucket | undefined;
}

/** The allowances of all connections; users have theirs for as long as one of them is connected. */
export class PublishRates {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #users = new Map<string, { readonly rate: Rate; connections: number }>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** @returns undefined where nothing is limited */
  allowanceOf(client: AuthorizedClient, options: PublishRateOptions): Allowance | undefined {
    const { principal, trust = '' } = client;
    const own = this.#rate(options.messages, options.bytes);
    const owner = trust === noTrust ? undefined : ownerOf({ principal, trust });
    const users = owner === undefined ? undefined : this.#join(owner, options);
    if (own === undefined && users === undefined) return undefined;
    const rates = [own, users].filter((rate) => rate !== undefined);
    const buckets = rates.flatMap((rate) => [rate.messages, rate.bytes]).filter((bucket) => bucket !== undefined);
    return {
      take: (bytes) =>
        rates.reduce((most, rate) => Math.max(most, rate.messages?.take(1) ?? 0, rate.bytes?.take(bytes) ?? 0), 0),
      owedMs: () => buckets.reduce((most, bucket) => Math.max(most, bucket.owedMs()), 0),
      get isFull() {
        return buckets.every(({ isFull }) => isFull);
      },
      leave: () => {
        if (owner !== undefined && users !== undefined) this.#leave(owner);
      },
    };
  }

  #rate(messages: number | undefined, bytes: number | undefined): Rate | undefined {
    if (messages === undefined && bytes === undefined) return undefined;
    const bucket = (perSecond: number | undefined) => perSecond && new DebtBucket(perSecond, this.#clock);
    return { messages: bucket(messages) || undefined, bytes: bucket(bytes) || undefined };
  }

  #join(owner: string, { userMessages, userBytes }: PublishRateOptions): Rate | undefined {
    const user = this.#users.get(owner);
    if (user !== undefined) {
      user.connections += 1;
      return user.rate;
    }
    const rate = this.#rate(userMessages, userBytes);
    if (rate !== undefined) this.#users.set(owner, { rate, connections: 1 });
    return rate;
  }

  #leave(owner: string): void {
    const user = this.#users.get(owner);
    if (user === undefined) return;
    user.connections -= 1;
    if (user.connections === 0) this.#users.delete(owner);
  }
}
