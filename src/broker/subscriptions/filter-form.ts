import { parseSharedFilter } from '../../mqtt/topic.ts';

/** How filters of one form match: how many levels there are, and which of them are wildcards. */
export interface FilterForm {
  /** `+` where a level is a wildcard, else empty. */
  readonly levels: readonly string[];
  /** `#` stands behind these levels. */
  readonly isOpen: boolean;
}

/** The form of all filters without wildcards. */
export const literalForm = '';

/**
 * The name of the form that a filter has, `a/+/b/#` and `c/+/d/#` the same one; of a shared subscription each group has
 * forms of its own. Of all filters of one form one at most matches a topic, so a client with so many forms has so many
 * matching filters at most, however many filters it has.
 */
export function formNameOf(filter: string): string {
  const shared = parseSharedFilter(filter);
  if (shared !== undefined) return `$share/${shared.group}/${formNameOf(shared.filter)}`;
  if (!filter.includes('+') && !filter.endsWith('#')) return literalForm;
  return filter
    .split('/')
    .map((level) => (level === '+' || level === '#' ? level : ''))
    .join('/');
}

/** @returns undefined for the form of a shared subscription, and of filters without wildcards */
export function formOf(name: string): FilterForm | undefined {
  if (name === literalForm || name.startsWith('$share/')) return undefined;
  const levels = name.split('/');
  const isOpen = levels.at(-1) === '#';
  return { levels: isOpen ? levels.slice(0, -1) : levels, isOpen };
}

/** The one filter of a form that matches a topic; undefined where none can. @param topic its levels */
export function filterOfForm({ levels, isOpen }: FilterForm, topic: readonly string[]): string | undefined {
  if (isOpen ? topic.length < levels.length : topic.length !== levels.length) return undefined;
  const isWildAtStart = levels.length === 0 || levels[0] === '+';
  if (isWildAtStart && topic[0]?.startsWith('$') === true) return undefined; // [MQTT-4.7.2-1]
  const named = levels.map((level, depth) => (level === '+' ? level : topic[depth]));
  return (isOpen ? [...named, '#'] : named).join('/');
}

/** The one shared filter of a form that matches a topic. @param name of the form of a shared subscription */
export function sharedFilterOf(name: string, topic: string): string | undefined {
  const [prefix = '', form = literalForm] = /^(\$share\/[^/]+\/)(.*)$/s.exec(name)?.slice(1) ?? [];
  const plain = form === literalForm ? topic : filterOfForm(formOf(form)!, topic.split('/'));
  return plain === undefined ? undefined : prefix + plain;
}
