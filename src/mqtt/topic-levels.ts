/** The most that a setting may allow; `$share` and the group of a shared filter count. */
export const maxTopicLevels = 1_024;

const slash = '/';

/** Whether a topic name or filter has more levels than that. Looks at the text only where it is long enough. */
export function hasMoreLevels(topic: string, levels: number): boolean {
  if (topic.length < levels) return false;
  let count = 1;
  for (let at = topic.indexOf(slash); at !== -1; at = topic.indexOf(slash, at + 1)) count += 1;
  return count > levels;
}
