import type { Field } from './describe.ts';

/** Text for a cell of a Markdown table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

export function defaultText(field: Pick<Field, 'isRequired' | 'default'>): string {
  if (field.isRequired) return 'required';
  if (field.default === undefined) return 'none';
  return `\`${typeof field.default === 'string' ? field.default : JSON.stringify(field.default)}\``;
}
