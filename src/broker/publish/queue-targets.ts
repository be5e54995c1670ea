import { isSharedFilter } from '../../mqtt/topic.ts';
import type { SharedChoice } from '../../plane/plane.ts';
import type { MatchedSubscription } from '../store-port.ts';

/**
 * Whose queues get a message: everyone with a matching subscription but, under No Local, its publisher [MQTT-3.8.3-3];
 * and of a shared group the member that was chosen, or one of those that are away where nobody of it is connected.
 *
 * @param subscribers as the store found them
 * @param turn rises with every message, so that members that are away get them in turn
 * @param isEnding whether the session of a client is about to end, so that nothing more is left for it
 */
export function queueTargets(
  subscribers: readonly MatchedSubscription[],
  choice: SharedChoice,
  publisher: string | undefined,
  turn: number,
  isEnding: (clientId: string) => boolean,
): readonly MatchedSubscription[] {
  if (!subscribers.some(needsThought)) return subscribers;
  const targets: MatchedSubscription[] = [];
  const away = new Map<string, MatchedSubscription[]>();
  for (const subscription of subscribers) {
    const { filter, noLocal, clientId } = subscription;
    if (!isSharedFilter(filter)) {
      if (noLocal !== true || clientId !== publisher) targets.push(subscription);
      continue;
    }
    const chosen = choice.get(filter);
    if (chosen === undefined) {
      if (!isEnding(clientId)) addTo(away, filter, subscription);
    } else if (chosen.subscriber.clientId === clientId) targets.push(subscription);
  }
  for (const members of away.values()) {
    const member = members[turn % members.length];
    if (member !== undefined) targets.push(member);
  }
  return targets;
}

const needsThought = ({ filter, noLocal }: MatchedSubscription): boolean => noLocal === true || isSharedFilter(filter);

function addTo<T>(groups: Map<string, T[]>, key: string, item: T): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [item]);
  else group.push(item);
}
