/** What a token says. */
export type Claims = Readonly<Record<string, unknown>>;

/** The claim of this name, or at this path: `realm_access.roles`. A claim with dots in its own name comes first. */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** A list of words, or words between spaces as in `scope`. What is neither names no group. */
export function wordsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  return Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string') : [];
}

/** Whether a claim has this value, or one of a list has. */
export function isClaimed(value: unknown, expected: string): boolean {
  if (Array.isArray(value)) return value.some((one: unknown) => isValue(one, expected));
  return isValue(value, expected);
}

const isValue = (value: unknown, expected: string): boolean =>
  (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') && String(value) === expected;
