import { formatSocketAddress } from '../../kernel/address.ts';
import type { Clock } from '../../kernel/clock.ts';
import { minuteMs } from '../../kernel/duration.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { TimerWheel } from '../../kernel/timer-wheel.ts';
import { type TokenBuckets, tokenBuckets } from '../../kernel/token-buckets.ts';
import { clientTakenOver, takeOverDelayed } from '../limit-events.ts';
import type { Peer } from '../ports.ts';
import type { LimitsOptions } from '../schema.ts';
import type { EngineSession } from './engine-session.ts';
import type { EngineClient } from './engine-types.ts';

export interface TakeOversDeps {
  readonly limits: () => Pick<LimitsOptions, 'takeOvers'>;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly events: Events;
}

/** Client ids whose take-overs are remembered; the one that was quiet the longest is forgotten first. */
const maxClientIds = 16_384;

const placeOf = ({ address, port }: Peer): string => formatSocketAddress({ host: address, port });

/**
 * Connections that take the place of others. Two devices with one client id throw each other out without end: once that
 * goes on, each waits before it does so again.
 */
export class TakeOvers {
  readonly #deps: TakeOversDeps;
  #perMinute = 0;
  #buckets: TokenBuckets | undefined;

  constructor(deps: TakeOversDeps) {
    this.#deps = deps;
  }

  /** Told of each before it happens. @returns when it may; undefined: at once */
  begin(client: EngineSession, current: EngineClient): Promise<void> | undefined {
    const { events, wheel } = this.#deps;
    const { perMinute, delay: delayMs } = this.#deps.limits().takeOvers;
    const { peer } = client.edge;
    const { id: clientId } = client;
    const facts = { listener: peer.listener, clientId, before: placeOf(current.edge.peer), now: placeOf(peer) };
    const isOften = !this.#bucketsFor(perMinute).take(clientId);
    if (!isOften || delayMs === 0) {
      events.emit(clientTakenOver, facts);
      return undefined;
    }
    events.emit(takeOverDelayed, { ...facts, delayMs });
    return new Promise((resolve) => {
      const timer = wheel.add(delayMs, () => {
        events.emit(clientTakenOver, facts);
        resolve();
      });
      client.waits(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #bucketsFor(perMinute: number): TokenBuckets {
    if (this.#buckets === undefined || perMinute !== this.#perMinute) {
      this.#perMinute = perMinute;
      this.#buckets = tokenBuckets({ burst: perMinute, fillMs: minuteMs, maxKeys: maxClientIds }, this.#deps.clock);
    }
    return this.#buckets;
  }
}
