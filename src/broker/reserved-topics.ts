import { reasonCodes } from '../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../mqtt/refusal.ts';
import { isLongerThan, matches, parseSharedFilter } from '../mqtt/topic.ts';
import { hasMoreLevels } from '../mqtt/topic-levels.ts';
import { hasControlCharacters } from '../mqtt/utf8.ts';
import type { Authorizer } from './ports.ts';
import type { LimitsOptions } from './schema.ts';

/** Topics by which devices ask for certificates. What they send there holds secrets, so that nobody else may read it. */
const pki = '$pki/';
/** Devices that speak only MQTT publish their request here. */
export const enrollTopic = '$pki/enroll';
/** Where the answer for a client goes; only this client may subscribe to it. */
export const enrollResponseTopic = (clientId: string): string => `${enrollTopic}/response/${clientId}`;

/** Where a bridge of another broker says whether it is connected; kept like any other message, as mosquitto does. */
const bridgeState = '$SYS/broker/connection/+/state';

/** How long and how deep a topic may be, and of what. */
export type TopicLimits = Pick<LimitsOptions, 'topicLength' | 'topicLevels' | 'controlCharacters'>;

/** Costs nothing where the topic is clearly shorter. */
export const isBeyondLimits = (
  topic: string,
  { topicLength, topicLevels }: Omit<TopicLimits, 'controlCharacters'>,
): boolean => isLongerThan(topic, topicLength) || hasMoreLevels(topic, topicLevels);

/** Whether a name has characters that `limits.controlCharacters` refuses. */
export const isUnwelcome = (name: string, { controlCharacters }: Pick<TopicLimits, 'controlCharacters'>): boolean =>
  controlCharacters === 'refuse' && hasControlCharacters(name);

const unwelcomeTopic = refuse(
  reasonCodes.topicNameInvalid,
  '3.3.2.1',
  'a topic has control characters, or code points that are no characters, which limits.controlCharacters refuses',
);

/** Why a topic may not be used, or undefined. */
export function topicFault(topic: string, limits: TopicLimits): Refusal | undefined {
  const { topicLength, topicLevels } = limits;
  if (isLongerThan(topic, topicLength)) return topicTooLong(topic, topicLength);
  if (isUnwelcome(topic, limits)) return unwelcomeTopic;
  if (!hasMoreLevels(topic, topicLevels)) return undefined;
  return refuse(
    reasonCodes.topicNameInvalid,
    '3.3.2.1',
    `a topic has more levels than the ${topicLevels} that limits.topicLevels allows`,
  );
}

export const topicTooLong = (topic: string, maxBytes: number): Refusal =>
  refuse(
    reasonCodes.topicNameInvalid,
    '3.3.2.1',
    `a topic of ${Buffer.byteLength(topic)} bytes is too long; limits.topicLength allows ${maxBytes}`,
  );

/** Everything is allowed but what the broker says on topics of its own, and what devices ask it there. */
export const reservedTopics: Authorizer = {
  generation: 0,
  publish: (_client, { topic, isRetained }) =>
    topic.charCodeAt(0) === dollar ? reservedProblem(topic, isRetained) : undefined,
  subscribe: ({ clientId }, filter) =>
    maySubscribe(filter, clientId)
      ? undefined
      : `"${filter}" has answers for others; subscribe to ${enrollResponseTopic(clientId)}`,
};

const dollar = 0x24;

function reservedProblem(topic: string, isRetained: boolean): string | undefined {
  if (topic.startsWith('$SYS/') && !matches(bridgeState, topic))
    return `topic "${topic}" is the broker's own; choose one outside $SYS/`;
  if (!topic.startsWith(pki)) return undefined;
  if (topic !== enrollTopic) return `topic "${topic}" is the broker's own; ask for a certificate at ${enrollTopic}`;
  return isRetained
    ? `a request for a certificate must not be retained; publish to ${enrollTopic} without that`
    : undefined;
}

/** Under `$pki/` to the answers for itself only. */
function maySubscribe(filter: string, clientId: string): boolean {
  const plain = parseSharedFilter(filter)?.filter ?? filter;
  if (plain !== '$pki' && !plain.startsWith(pki)) return true;
  const isOneTopic = !/[+#]/.test(plain);
  return isOneTopic && filter === enrollResponseTopic(clientId);
}
