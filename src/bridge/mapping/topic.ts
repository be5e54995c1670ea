import { hasMoreLevels, maxTopicLevels } from '../../mqtt/topic-levels.ts';
import { isWellFormed, maxTextBytes } from '../../mqtt/utf8.ts';
import { type Mapped, mapped, quote, type Unmappable, unmappable } from './mapped.ts';

/** Why this is not a topic name [MQTT-3.3.2-2] [MQTT-4.7.3], or undefined when it is one. */
export function topicProblem(topic: string): Unmappable | undefined {
  if (topic === '') return unmappable('empty', 'a topic has at least one character');
  if (topic.includes('\u0000')) return unmappable('nul', 'it contains U+0000');
  if (/[+#]/.test(topic))
    return unmappable('mqtt-wildcard', `${quote(topic)} contains + or #; a topic to publish on has no wildcards`);
  if (!isWellFormed(topic)) return unmappable('invalid-unicode', 'it is not valid Unicode');
  if (topic.length * 3 > maxTextBytes && Buffer.byteLength(topic) > maxTextBytes)
    return unmappable('topic-too-long', `it has ${Buffer.byteLength(topic)} bytes; MQTT can carry ${maxTextBytes}`);
  return undefined;
}

/** Joins levels to a topic that may be published. */
export function joinTopic(levels: readonly string[]): Mapped {
  const topic = levels.join('/');
  const problem = topicProblem(topic);
  if (problem !== undefined) return problem;
  // A lenient level may hold a "/" of its own, so the text decides, not the list.
  if (hasMoreLevels(topic, maxTopicLevels))
    return unmappable('too-many-levels', `its topic has more than ${maxTopicLevels} levels`);
  return mapped(topic);
}
