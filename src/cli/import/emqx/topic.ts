import { braceProblem, patternTopic } from '../rule-text.ts';

const placeholders: Readonly<Record<string, string>> = {
  '${username}': '%u',
  '${clientid}': '%c',
  '${cert_common_name}': '${cert.cn}',
};

/** A topic filter of EMQX with its placeholders, as rules have them. */
export function topicOf(filter: string): string | { readonly problem: string } {
  if (filter === '') return { problem: 'a topic is empty' };
  const parts = filter.split(/(\$\{[^}]*\})/);
  const made = parts.map((part) => (part.startsWith('${') ? placeholders[part] : patternTopic(part)));
  if (made.every((part) => part !== undefined)) return made.join('');
  const unknown = parts.find((part) => part.startsWith('${') && placeholders[part] === undefined);
  return { problem: `"${filter}": ${unknown === undefined ? braceProblem : `${unknown} has no counterpart`}` };
}
