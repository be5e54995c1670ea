import { Pace } from '../../kernel/pace.ts';
import { encodeUnsuback } from '../../mqtt/encode-suback.ts';
import { type RequestedSubscription, readSubscribe, readUnsubscribe } from '../../mqtt/read-subscribe.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { isSharedFilter } from '../../mqtt/topic.ts';
import type { Subscription } from '../../plane/plane.ts';
import { type AccessDenial, denialOf } from '../access-verdict.ts';
import { subscriptionAdded, subscriptionLimitReached, subscriptionRemoved, subscriptionsRevoked } from '../events.ts';
import { filterFault } from '../offer-faults.ts';
import { eachJudged } from './judged.ts';
import { RetainedDelivery } from './retained-delivery.ts';
import type { SessionSubscriptionsDeps } from './session-subscriptions-deps.ts';
import { storeFailure } from './store-failure.ts';
import { SubscribeAnswer, type SubscribeRefusal, subscribeFaults, unfitness } from './subscribe-answer.ts';
import { grantedOf, isSame, requestOf, storedOf, subscriptionOf } from './subscription-of.ts';
import { SubscriptionTable } from './subscription-table.ts';
import { takeBack } from './take-back.ts';

/** Subscriptions that are taken out of the store at once. */
const removedAtOnce = 1_000;

type Asking = Pick<RequestedSubscription, 'filter' | 'qos'>;

/**
 * The subscriptions of one connection. Each packet costs what it is long: the store gets all its filters at once, and
 * what takes long is done in slices. They are in the store before they are in the plane, and there before SUBACK.
 */
export class SessionSubscriptions {
  readonly #deps: SessionSubscriptionsDeps;
  readonly #table = new SubscriptionTable();
  readonly #retained: RetainedDelivery;
  /** Limits that the log knows of. */
  readonly #told = new Set<string>();
  #hasLeft = false;
  /** Of the rules that they were judged by as a whole. */
  #generation: number;

  constructor(deps: SessionSubscriptionsDeps) {
    this.#deps = deps;
    this.#generation = deps.authorizer.generation;
    this.#retained = new RetainedDelivery(this.#table, deps);
  }

  /** SUBSCRIBE. [MQTT-3.8.4-5] @param frame that was validated */
  subscribe(frame: Buffer): void {
    this.#subscribe(frame).catch(this.#deps.failed);
  }

  /** UNSUBSCRIBE. [MQTT-3.10.4-6] @param frame that was validated */
  unsubscribe(frame: Buffer): void {
    this.#unsubscribe(frame).catch(this.#deps.failed);
  }

  bringTopic(topic: string): boolean {
    return this.#table.bringsTopic(topic);
  }

  /** They may change while they are read. */
  values(): Iterable<Subscription> {
    return this.#table.values();
  }

  /** The rules have changed: subscriptions that they allow no more end. */
  reconsider(): Promise<void> {
    if (this.#generation === this.#deps.authorizer.generation) return Promise.resolve();
    return this.#reconsider().catch(this.#deps.failed);
  }

  /** The session goes on: what it subscribed to stands again. */
  async restore(): Promise<void> {
    const { session, store, edge, authorizer } = this.#deps;
    const { generation } = authorizer;
    const forbidden: string[] = [];
    await this.#eachJudged(await store.subscriptionsOf(session.id), (stored, denial) => {
      if (denial?.isTemporary === false) forbidden.push(stored.filter);
      else {
        this.#table.restore(stored.filter);
        this.#put(subscriptionOf(requestOf(stored), stored.identifier, edge.subscriber));
      }
    });
    if (this.#hasLeft) return;
    if (forbidden.length > 0) await this.#revoked(forbidden);
    if (authorizer.generation !== generation) await this.#reconsider();
  }

  /** The connection is gone. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#leave().catch(this.#deps.failed);
  }

  async #subscribe(frame: Buffer): Promise<void> {
    const { edge, slices, session, store, authorizer } = this.#deps;
    const { generation, denialCode = reasonCodes.notAuthorized } = authorizer;
    const { limits } = edge;
    const { offers } = edge.peer;
    const { version, isBridge } = edge.connect;
    const pace = new Pace(slices);
    const { packetId, identifier, count, filters } = readSubscribe(frame, version);
    const answer = new SubscribeAnswer(count);
    const granted = new Map<string, RequestedSubscription>();
    if (count > limits.filtersPerPacket) answer.refusedAll(this.#beyond('filtersPerPacket', limits.filtersPerPacket));
    else {
      let index = 0;
      await this.#eachJudged(filters, (one, denial) => {
        const refusal = this.#refusalOf(one, denial, granted);
        const given = grantedOf(one, { offers, isBridge });
        if (refusal === undefined) {
          answer.granted(index, given.qos);
          granted.set(one.filter, given); // named again, the last counts
        } else answer.refused(index, refusal);
        index += 1;
      });
    }
    if (this.#hasLeft) return; // what is stored now would be of the next connection
    if (session.isPersistent && granted.size > 0) {
      const stored = Array.from(granted.values(), (one) => storedOf(one, identifier, version));
      const failure = await storeFailure(store.subscribe(session.id, stored));
      if (failure !== undefined) takeBack(granted, { answer, filters, failure, table: this.#table });
    }
    const added: string[] = [];
    for (const one of granted.values()) {
      if (this.#hasLeft) return;
      if (this.#add(one, identifier)) added.push(one.filter);
      const turn = pace.step();
      if (turn !== undefined) await turn;
    }
    if (authorizer.generation !== generation) {
      await this.#reconsider();
      for (const [index, { filter }] of [...filters].entries())
        if (granted.has(filter) && !this.#table.get(filter)) answer.refused(index, subscribeFaults.revoked(denialCode));
    }
    if (this.#hasLeft) return;
    edge.send([answer.frame(packetId, edge.connect)]);
    if (added.length > 0) this.#retained.add(added);
    edge.handled();
  }

  /** @returns undefined where the client may have it, and room for it is kept */
  #refusalOf(
    { filter }: RequestedSubscription,
    denial: AccessDenial | undefined,
    granted: ReadonlyMap<string, unknown>,
  ): SubscribeRefusal | undefined {
    const { authorizer, edge } = this.#deps;
    const { limits, peer } = edge;
    const fault = peer.offers && filterFault(filter, peer.offers); // before MQTT 5, where nobody was told
    if (fault !== undefined) return fault;
    if (denial !== undefined) {
      const { denials, session } = this.#deps;
      denials.tell('subscribe', session.authorized!, filter, denial.reason);
      return denial.isTemporary
        ? subscribeFaults.undecided
        : subscribeFaults.notAllowed(denial.reason, authorizer.denialCode);
    }
    if (granted.has(filter) || this.#table.get(filter) !== undefined) return undefined;
    const unfit = unfitness(filter, limits);
    if (unfit !== undefined) return unfit;
    const limit = this.#table.reserve(filter, limits.subscriptions);
    return limit === undefined ? undefined : this.#beyond(`subscriptions.${limit}`, limits.subscriptions[limit]);
  }

  #denial({ filter, qos }: Asking): ReturnType<typeof denialOf> {
    const { authorizer, session, edge } = this.#deps;
    const verdict = authorizer.subscribe(session.authorized!, filter, qos);
    if (typeof verdict === 'function' && unfitness(filter, edge.limits) !== undefined) return undefined; // it need not be asked
    return denialOf(verdict);
  }

  #eachJudged<T extends Asking>(
    wanted: Iterable<T>,
    tell: (one: T, denial: AccessDenial | undefined) => void,
  ): Promise<void> {
    const judging = { pace: new Pace(this.#deps.slices), isOver: () => this.#hasLeft };
    return eachJudged(wanted, { ...judging, judge: (one) => this.#denial(one) }, tell);
  }

  async #reconsider(): Promise<void> {
    this.#generation = this.#deps.authorizer.generation;
    const forbidden: string[] = [];
    await this.#eachJudged(this.#table.values(), ({ filter }, denial) => {
      if (denial?.isTemporary === false) forbidden.push(filter);
    });
    if (this.#hasLeft) return;
    for (const filter of forbidden) this.#remove(filter);
    if (forbidden.length > 0) await this.#revoked(forbidden);
  }

  /** They stand here no more, and go from the store. */
  async #revoked(filters: readonly string[]): Promise<void> {
    const { session, store, events, edge } = this.#deps;
    events.emit(subscriptionsRevoked, { clientId: session.id, count: filters.length });
    edge.notice = `${filters.length} subscriptions ended: they are allowed no more`;
    if (session.isPersistent) await store.unsubscribe(session.id, filters);
  }

  #beyond(limit: string, allowed: number): SubscribeRefusal {
    if (!this.#told.has(limit)) {
      this.#told.add(limit);
      this.#deps.events.emit(subscriptionLimitReached, { limit, allowed, clientId: this.#deps.session.id });
    }
    return { reasonCode: reasonCodes.quotaExceeded, message: `limits.${limit} allows ${allowed}` };
  }

  /** @returns whether its retained messages are to be sent; a shared subscription gets none [MQTT 5, 4.8.2] */
  #add(requested: RequestedSubscription, identifier: number | undefined): boolean {
    const { filter, retainHandling } = requested;
    const before = this.#table.get(filter);
    const subscription = subscriptionOf(requested, identifier, this.#deps.edge.subscriber);
    if (before === undefined || !isSame(before, subscription)) {
      this.#put(subscription, before);
      const { events, session } = this.#deps;
      events.emit(subscriptionAdded, { clientId: session.id, filter, qos: subscription.qos });
    }
    if (isSharedFilter(filter)) return false;
    return retainHandling === 0 || (retainHandling === 1 && before === undefined);
  }

  #put(subscription: Subscription, before?: Subscription): void {
    this.#deps.plane.subscribe(subscription);
    if (before !== undefined) this.#deps.plane.unsubscribe(before);
    this.#table.set(subscription);
    this.#retained.changed(subscription.filter);
  }

  async #unsubscribe(frame: Buffer): Promise<void> {
    const { edge, slices, session, store } = this.#deps;
    const { version } = edge.connect;
    const pace = new Pace(slices);
    const { packetId, count, filters } = readUnsubscribe(frame, version);
    const codes = new Uint8Array(count).fill(reasonCodes.noSubscriptionExisted);
    const places = new Map<string, number>();
    let index = 0;
    for (const filter of filters) {
      // named again, it is there no more [MQTT-3.10.4-6]
      if (this.#table.get(filter) !== undefined && !places.has(filter)) places.set(filter, index);
      index += 1;
      const turn = pace.step();
      if (turn !== undefined) await turn;
    }
    const removed = [...places.keys()];
    for (let from = 0; from < removed.length; from += removedAtOnce) {
      if (this.#hasLeft) return;
      const some = removed.slice(from, from + removedAtOnce);
      const failure = session.isPersistent ? await storeFailure(store.unsubscribe(session.id, some)) : undefined;
      if (failure !== undefined && version !== 5)
        throw new Error('the store did not answer, and UNSUBACK cannot say no');
      for (const filter of some) {
        if (this.#hasLeft) return;
        if (failure === undefined) this.#remove(filter);
        codes[places.get(filter)!] = failure ?? reasonCodes.success;
        const turn = pace.step();
        if (turn !== undefined) await turn;
      }
    }
    if (this.#hasLeft) return;
    edge.send([encodeUnsuback(version, packetId, codes)]);
    edge.handled();
  }

  #remove(filter: string): void {
    const subscription = this.#table.get(filter);
    if (subscription === undefined) return;
    this.#deps.plane.unsubscribe(subscription);
    this.#table.delete(filter);
    this.#retained.changed(filter);
    this.#deps.events.emit(subscriptionRemoved, { clientId: this.#deps.session.id, filter });
  }

  async #leave(): Promise<void> {
    const pace = new Pace(this.#deps.slices);
    for (const subscription of this.#table.values()) {
      this.#deps.plane.unsubscribe(subscription);
      const turn = pace.step();
      if (turn !== undefined) await turn;
    }
  }
}
