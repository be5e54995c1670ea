import type { Qos } from '../../plane/message.ts';
import type { Subscription } from '../../plane/plane.ts';
import { type FilterForm, filterOfForm, formNameOf, formOf, literalForm, sharedFilterOf } from './filter-form.ts';
import { memoryOf } from './subscription-memory.ts';

/** What the subscriptions of one client may take; see `limits.subscriptions`. */
export interface SubscriptionLimits {
  readonly count: number;
  readonly bytes: number;
  readonly overlap: number;
}

interface UsedForm {
  readonly form: FilterForm | undefined;
  filters: number;
}

/** The subscriptions of one client by filter, and what they take. */
export class SubscriptionTable {
  readonly #byFilter = new Map<string, Subscription>();
  /** Forms of filters with a wildcard, and of shared ones. */
  readonly #forms = new Map<string, UsedForm>();
  #reserved = 0;
  #bytes = 0;

  get size(): number {
    return this.#byFilter.size;
  }

  get(filter: string): Subscription | undefined {
    return this.#byFilter.get(filter);
  }

  /** They may change meanwhile. */
  values(): IterableIterator<Subscription> {
    return this.#byFilter.values();
  }

  /** Keeps room for one more filter. @returns the limit that it passes; nothing is kept then */
  reserve(filter: string, limits: SubscriptionLimits): keyof SubscriptionLimits | undefined {
    if (this.#reserved >= limits.count) return 'count';
    if (this.#bytes + memoryOf(filter) > limits.bytes) return 'bytes';
    const name = formNameOf(filter);
    if (name !== literalForm && !this.#forms.has(name) && this.#forms.size >= limits.overlap) return 'overlap';
    this.restore(filter);
    return undefined;
  }

  /** The same for one that was granted before, whatever the limits are now. */
  restore(filter: string): void {
    this.#reserved += 1;
    this.#bytes += memoryOf(filter);
    const name = formNameOf(filter);
    if (name === literalForm) return;
    const used = this.#forms.get(name);
    if (used === undefined) this.#forms.set(name, { form: formOf(name), filters: 1 });
    else used.filters += 1;
  }

  /** Gives the room of a filter back. */
  release(filter: string): void {
    this.#reserved -= 1;
    this.#bytes -= memoryOf(filter);
    const name = formNameOf(filter);
    const used = this.#forms.get(name);
    if (used === undefined) return;
    used.filters -= 1;
    if (used.filters === 0) this.#forms.delete(name);
  }

  /** Puts the subscription in, for whose filter room is kept, or in the place of the one with the same filter. */
  set(subscription: Subscription): void {
    this.#byFilter.set(subscription.filter, subscription);
  }

  delete(filter: string): void {
    if (this.#byFilter.delete(filter)) this.release(filter);
  }

  /** Whether one that is here brings the topic, a shared one too. */
  bringsTopic(topic: string): boolean {
    if (this.#byFilter.has(topic)) return true;
    const levels = topic.split('/');
    for (const [name, { form }] of this.#forms) {
      const filter = form === undefined ? sharedFilterOf(name, topic) : filterOfForm(form, levels);
      if (filter !== undefined && this.#byFilter.has(filter)) return true;
    }
    return false;
  }

  /** The highest QoS granted by an ordinary subscription that matches; `least` where none is above. */
  highestQos(topic: string, least: Qos): Qos {
    let highest = least;
    const take = (filter: string | undefined): void => {
      const qos = filter === undefined ? undefined : this.#byFilter.get(filter)?.qos;
      if (qos !== undefined && qos > highest) highest = qos;
    };
    take(topic);
    if (this.#forms.size === 0) return highest;
    const levels = topic.split('/');
    for (const { form } of this.#forms.values()) if (form !== undefined) take(filterOfForm(form, levels));
    return highest;
  }
}
