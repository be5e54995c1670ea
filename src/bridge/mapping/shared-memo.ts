/** Results remembered, of all functions that share them. */
const maxEntries = 16_384;
const maxKeyLength = 256;

/** Wraps a pure function of short keys in a memory: topics repeat. */
export type SharedMemo = <T>(compute: (key: string) => T) => (key: string) => T;

/**
 * A memory that functions share, so that it does not grow with their number. It forgets everything when it is full.
 * `undefined` is not remembered, so that names which do not match push nothing out.
 */
export function createSharedMemo(): SharedMemo {
  let entries = 0;
  const filled = new Set<{ clear(): void }>();
  return (compute) => {
    const known = new Map<string, ReturnType<typeof compute>>();
    return (key) => {
      const found = known.get(key);
      if (found !== undefined) return found;
      const value = compute(key);
      if (value === undefined || key.length > maxKeyLength) return value;
      if (entries >= maxEntries) {
        for (const map of filled) map.clear();
        filled.clear();
        entries = 0;
      }
      entries += 1;
      filled.add(known);
      known.set(key, value);
      return value;
    };
  };
}
