import { hidden, withoutCredentials } from '../kernel/credentials.ts';

/** A value as it is printed: JSON, shortened, no secret in it. */
export function shownValue(value: unknown, isSecret: boolean): string {
  if (value === undefined || value === null) return 'nothing';
  if (isSecret) return hidden;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value, shownString);
  return text.length > 80 ? `${text.slice(0, 77)}..."` : text;
}

/** A value in one line, complete: words bare, the rest as JSON, no secret in it. */
export function printed(value: unknown, isSecret: boolean): string {
  if (value === undefined) return '(not set)';
  if (isSecret) return hidden;
  return typeof value === 'string' ? withoutCredentials(value) : JSON.stringify(value, shownString);
}

const shownString = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? withoutCredentials(value) : value;
