import { messageOf, StoreError } from '../kernel/errors.ts';
import { Pace } from '../kernel/pace.ts';
import type { Slices } from '../kernel/slices.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import type { TimerWheel } from '../kernel/timer-wheel.ts';
import type { Message } from '../plane/message.ts';
import type { Plane } from '../plane/plane.ts';
import { sessionStoreFailed, sharedLeftBehind } from './events.ts';
import type { QueueKeys } from './publish/queue-keys.ts';
import { toStoredMessage } from './publish/stored-message.ts';
import { StoredPublish } from './publish/stored-publish.ts';
import type { MatchedSubscription, Store, StoredMessage } from './store-port.ts';

export interface SharedLeftoversDeps {
  readonly plane: Pick<Plane, 'handOn'>;
  readonly store: Pick<Store, 'queue' | 'subscribersOf' | 'keep'>;
  readonly keys: QueueKeys;
  /** Waits for members that do not keep up. */
  readonly wheel: TimerWheel;
  readonly now: () => number;
  /** Time to read a long queue. */
  readonly slices: Slices;
  readonly telemetry: Pick<Telemetry, 'events'>;
}

/** How often a session that ends waits for congested members, half a second each: a CONNECT may wait for its end. */
const mostWaits = 10;
const waitMs = 500;

type IsEnding = (clientId: string) => boolean;

/**
 * What a session that ends has of its shared groups, and others may have in its place: messages that were not sent, or
 * not acknowledged at QoS 1. [MQTT 5, 4.8.2]
 */
export class SharedLeftovers {
  readonly #deps: SharedLeftoversDeps;
  /** Members that are away get them in turn. */
  #turn = 0;

  constructor(deps: SharedLeftoversDeps) {
    this.#deps = deps;
  }

  /**
   * Gives them to other members: connected ones, or the queues of those that are away. A crash in between leaves the
   * session as it is, to be ended again.
   * @param isEnding whether the session of a client is about to end too
   * @throws StoreError store-unavailable; then it can be tried again
   */
  async handOn(clientId: string, isEnding: IsEnding): Promise<void> {
    const { store, slices, telemetry } = this.#deps;
    const pace = new Pace(slices);
    const patience = { waits: mostWaits };
    let lost = 0;
    try {
      for await (const packet of store.queue(clientId)) {
        const turn = pace.step();
        if (turn !== undefined) await turn;
        if (packet.cmd === 'pubrel' || packet.shared === undefined || isUnderWay(packet)) continue;
        const message = this.#messageOf(packet);
        if (message === undefined) continue;
        for (const filter of packet.shared) if (!(await this.#give(message, filter, isEnding, patience))) lost += 1;
      }
    } catch (cause) {
      if (cause instanceof StoreError && cause.code === 'store-unavailable') throw cause;
      telemetry.events.emit(sessionStoreFailed, { error: messageOf(cause) }); // it ends all the same
    }
    if (lost > 0) telemetry.events.emit(sharedLeftBehind, { clientId, count: lost });
  }

  /** @returns false where the members there are did not take it */
  async #give(message: Message, filter: string, isEnding: IsEnding, patience: { waits: number }): Promise<boolean> {
    for (;;) {
      const outcome = this.#deps.plane.handOn(message, filter);
      if (outcome === 'given') return true;
      const away = this.#memberAway(message.topic, filter, isEnding);
      if (away !== undefined) {
        await this.#enqueue(message, away);
        return true;
      }
      if (outcome === 'nobody') return true; // and it ends with the session
      if (patience.waits === 0) return false;
      patience.waits -= 1;
      await new Promise<void>((resolve) => this.#deps.wheel.add(waitMs, resolve));
    }
  }

  #memberAway(topic: string, filter: string, isEnding: IsEnding): MatchedSubscription | undefined {
    const members = this.#deps.store
      .subscribersOf(topic)
      .filter((member) => member.filter === filter && !isEnding(member.clientId));
    this.#turn += 1;
    return members[this.#turn % members.length];
  }

  async #enqueue(message: Message, member: MatchedSubscription): Promise<void> {
    const { store, keys, now } = this.#deps;
    try {
      await store.keep(toStoredMessage(message, keys.next(), now()), [member]);
    } catch (cause) {
      if (!(cause instanceof StoreError) || cause.code !== 'store-full') throw cause; // the store has told of it
    }
  }

  /** Under no name: it stands in the queue of no other. @returns undefined when it has expired [MQTT-3.3.2-5] */
  #messageOf(packet: StoredMessage): Message | undefined {
    const { expiresAt } = packet;
    const named = { ...packet, runId: undefined, counter: undefined };
    if (expiresAt === undefined) return new StoredPublish(named, { kind: 'broker' });
    const messageExpiryInterval = Math.ceil((expiresAt - this.#deps.now()) / 1_000);
    if (messageExpiryInterval <= 0) return undefined;
    return new StoredPublish(
      { ...named, properties: { ...packet.properties, messageExpiryInterval } },
      { kind: 'broker' },
    );
  }
}

/** It was sent at QoS 2, and nobody else may have it. [MQTT-4.8.2-5] */
const isUnderWay = ({ qos, packetId }: StoredMessage): boolean => qos === 2 && packetId !== undefined;
