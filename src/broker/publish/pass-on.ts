import type { Message } from '../../plane/message.ts';
import type { Plane, SharedChoice } from '../../plane/plane.ts';
import type { Authorizer } from '../ports.ts';
import type { Exchange, MatchedSubscription, Store } from '../store-port.ts';
import { type Admit, admitted, admittedAtOnce } from './admission.ts';
import type { QueueKeys } from './queue-keys.ts';
import { queueTargets } from './queue-targets.ts';
import { QueuedPublish } from './queued-publish.ts';
import { RawPublish } from './raw-publish.ts';
import { toStoredMessage } from './stored-message.ts';

/**
 * To how many a message went; a promise of it is kept when the message is wherever it must be kept, and broken where it
 * cannot be, so that nobody has it.
 */
export type PassedOn = number | Promise<number>;

/** What of one publisher is under way. The promises are kept in any case. */
export interface UnderWay {
  /** All that gates have held was given to the store, or refused. */
  handed: Promise<unknown> | undefined;
  /** All was routed, or refused. */
  routed: Promise<unknown> | undefined;
  /** The store has the last that it was given, or refused it; as it came from the store. */
  kept: Promise<unknown> | undefined;
}

export interface PassOnDeps {
  readonly plane: Plane;
  readonly store: Store;
  readonly keys: QueueKeys;
  readonly now: () => number;
  /** See `limits.messageExpiry`; undefined: no limit. */
  readonly maxExpirySeconds: () => number | undefined;
  readonly isEnding: (clientId: string) => boolean;
  readonly admit: Admit;
  /** False of a client that is connected and may not. */
  readonly mayReceive: (clientId: string, topic: string) => boolean;
  readonly authorizer: Pick<Authorizer, 'receive'>;
}

export const idle = (): UnderWay => ({ handed: undefined, routed: undefined, kept: undefined });

/** What comes after it is routed after it. */
export function follow(underWay: UnderWay, outcome: PassedOn): PassedOn {
  if (typeof outcome === 'number') return outcome;
  const before = underWay.routed;
  const over = (): undefined => {
    if (underWay.routed === routed) underWay.routed = undefined;
    return undefined;
  };
  const through = (): Promise<unknown> | undefined => (before === undefined ? over() : before.then(over));
  const routed: Promise<unknown> = outcome.then(through, through);
  underWay.routed = routed;
  return outcome;
}

/**
 * What comes after the gates. Where nothing has to be kept and nothing is under way, it is routed at once.
 * @param held filled with what waits for slow clients, for a sender that waits for that too
 */
export function passOn(
  deps: PassOnDeps,
  message: Message,
  underWay: UnderWay,
  exchange: Exchange | undefined,
  held?: Promise<void>[],
): PassedOn {
  const subscribers = message.qos === 0 ? nobody : deps.store.subscribersOf(message.topic);
  return subscribers.length > 0 || exchange !== undefined || message.retain
    ? keep(deps, subscribers, message, underWay, exchange, held)
    : route(deps, message, underWay);
}

const nobody: readonly MatchedSubscription[] = [];

/**
 * Nobody gets what a gate has not taken: its publisher is refused, and sends it again. It is given to the store in its
 * turn [MQTT-4.6.0-5] without waiting until it has kept what went before, so that many are kept in one go.
 */
export function passOnInTurn(
  deps: PassOnDeps,
  passed: Promise<unknown> | undefined,
  message: Message,
  underWay: UnderWay,
  exchange: Exchange | undefined,
): Promise<number> {
  const { handed: before } = underWay;
  const hand = async (): Promise<{ readonly kept: PassedOn }> => {
    await Promise.all([passed, before]);
    const subscribers = deps.store.subscribersOf(message.topic);
    return { kept: keep(deps, subscribers, message, underWay, exchange) };
  };
  const handing = hand();
  const handed = Promise.allSettled([before, handing]).finally(() => {
    if (underWay.handed === handed) underWay.handed = undefined;
  });
  underWay.handed = handed;
  return handing.then(({ kept }) => kept);
}

/**
 * Retained, in the queues, and its exchange open: all or nothing, before it is routed. So nobody gets what its publisher
 * is refused, what a client answers is always about something the queues have, and whoever subscribes meanwhile misses
 * nothing.
 */
function keep(
  deps: PassOnDeps,
  subscribers: readonly MatchedSubscription[],
  message: Message,
  underWay: UnderWay,
  exchange: Exchange | undefined,
  held?: Promise<void>[],
): PassedOn {
  const { plane, store, keys, now, isEnding, admit } = deps;
  const { origin, retain: isRetained } = message;
  const choice = plane.choose(message.topic);
  const key = keys.next();
  const publisher = origin.kind === 'client' ? origin.clientId : undefined;
  const wanted = queueTargets(subscribers, choice, publisher, key.counter, isEnding);
  const all = allowed(deps, wanted, message.topic);
  const isKept = isRetained || exchange !== undefined;
  if (all.length === 0 && !isKept) return route(deps, message, underWay, choice);

  const packet = toStoredMessage(message, key, now(), deps.maxExpirySeconds());
  const { targets, heldFor, settled } =
    origin.kind === 'bridge' ? admitted(all, packet, admit, held) : admittedAtOnce(all);
  const queued = all.length === 0 ? message : named(message, key, heldFor);
  if (targets.length === 0 && !isKept) return Math.max(plane.route(queued, choice), all.length);
  const stored = store.keep(packet, targets, isKept ? { isRetained, exchange } : undefined);
  const kept = settled === undefined ? stored : stored.finally(settled);
  const routed = kept.then(() => Math.max(plane.route(queued, choice), all.length));
  const over = (): void => {
    if (underWay.kept === stored) underWay.kept = undefined;
  };
  underWay.kept = stored;
  void stored.then(over, over);
  return routed;
}

/** Of sessions that are away it is asked when they are back. */
const allowed = (
  { authorizer, mayReceive }: PassOnDeps,
  targets: readonly MatchedSubscription[],
  topic: string,
): readonly MatchedSubscription[] =>
  authorizer.receive === undefined ? targets : targets.filter(({ clientId }) => mayReceive(clientId, topic));

/** As it stands in the queues, without loss of its bytes where it has them. */
function named(
  message: Message,
  key: ReturnType<QueueKeys['next']>,
  heldFor: ReadonlySet<string> | undefined,
): Message {
  if (!(message instanceof RawPublish)) return new QueuedPublish(message, key, heldFor);
  message.queueKey = key;
  return message;
}

/**
 * In the order of the store where something is under way [MQTT-4.6.0-5]: what is kept is routed when the store has it, and
 * what is not as soon as the one before it is, in the same step. One step more, and the next that was kept overtakes it.
 */
function route({ plane }: PassOnDeps, message: Message, { kept }: UnderWay, choice?: SharedChoice): PassedOn {
  if (kept === undefined) return plane.route(message, choice);
  const go = (): number => plane.route(message, choice);
  return kept.then(go, go);
}
