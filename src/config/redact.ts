/** What stands for a secret wherever configuration is printed. */
export const hidden = '***';

/** Hides user, password and token in anything like a URL: `nats://user:pw@host` is `nats://***@host`. */
export const withoutCredentials = (text: string): string =>
  text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s"',]*@/gi, `$1${hidden}@`);

/** A value as it is printed: JSON, shortened, no secret in it. */
export function shownValue(value: unknown, isSecret: boolean): string {
  if (value === undefined || value === null) return 'nothing';
  if (isSecret) return hidden;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(typeof value === 'string' ? withoutCredentials(value) : value);
  return text.length > 80 ? `${text.slice(0, 77)}..."` : text;
}

/** A value in one line, complete: words bare, the rest as JSON, no secret in it. */
export function printed(value: unknown, isSecret: boolean): string {
  if (value === undefined) return '(not set)';
  if (isSecret) return hidden;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return withoutCredentials(text);
}
