import type { Subscription } from '../../plane/plane.ts';
import type { EdgePort } from '../engine-port.ts';
import { fromEngineFilter } from './engine-filter.ts';
import type { EngineListener, EngineSubscription } from './engine-types.ts';

/** The engine registers its listeners without saying for whom; watching its table of subscriptions tells the plane. */
export class SubscriptionWatch implements ProxyHandler<Record<string, EngineSubscription>> {
  readonly #edge: EdgePort;
  readonly #register: (listener: EngineListener, subscription: Subscription) => void;
  readonly #changed: (engineFilter: string) => void;

  /** @param changed a subscription came, is another one, or went */
  constructor(
    edge: EdgePort,
    register: (listener: EngineListener, subscription: Subscription) => void,
    changed: (engineFilter: string) => void,
  ) {
    this.#edge = edge;
    this.#register = register;
    this.#changed = changed;
  }

  set(table: Record<string, EngineSubscription>, engineFilter: string | symbol, value: EngineSubscription): boolean {
    if (typeof engineFilter !== 'string') return false;
    table[engineFilter] = value;
    const { qos, nl, rap, si } = value;
    this.#register(value.func, {
      filter: fromEngineFilter(engineFilter),
      subscriber: this.#edge.subscriber,
      qos,
      noLocal: nl === true,
      retainAsPublished: rap === true,
      identifier: si,
    });
    this.#changed(engineFilter);
    return true;
  }

  deleteProperty(table: Record<string, EngineSubscription>, engineFilter: string | symbol): boolean {
    if (typeof engineFilter !== 'string') return false;
    delete table[engineFilter];
    this.#changed(engineFilter);
    return true;
  }
}
