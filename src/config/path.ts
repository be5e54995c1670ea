/** Where a value stands in the configuration: field names and list positions. */
export type ConfigPath = readonly (string | number)[];

/** `['listeners', 0, 'bind']` is `listeners[0].bind`. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : `${text === '' ? '' : '.'}${step}`;
  return text;
}

/** Reads `listeners[0].bind` and `listeners.0.bind`. @returns undefined if the text is no path. */
export function parsePath(text: string): ConfigPath | undefined {
  const plain = text.trim().replaceAll(/\[(\d+)\]/g, '.$1');
  const steps = plain.split('.');
  if (steps.some((step) => !/^\w[\w-]*$/.test(step))) return undefined;
  return steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** True where `path` is `prefix` or stands below it. */
export const startsWith = (path: ConfigPath, prefix: ConfigPath): boolean =>
  prefix.length <= path.length && prefix.every((step, index) => step === path[index]);

/** A value's own property or element; undefined where it has none. Never what it inherits. */
export const ownValue = (value: unknown, step: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    ? (Reflect.get(value, step) as unknown)
    : undefined;
