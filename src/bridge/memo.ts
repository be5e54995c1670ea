const maxEntries = 1_024;
const maxKeyLength = 256;

/** Remembers the results of a pure function for short keys: topics repeat. Forgets everything when it is full.
 *  `undefined` is not remembered, so that names which do not match push nothing out. */
export function memo<T>(compute: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = compute(key);
    if (value === undefined || key.length > maxKeyLength) return value;
    if (known.size >= maxEntries) known.clear();
    known.set(key, value);
    return value;
  };
}
