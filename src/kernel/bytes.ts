const unitBytes = new Map([
  ['GiB', 1_073_741_824],
  ['MiB', 1_048_576],
  ['KiB', 1_024],
  ['B', 1],
]);

/** Parses `"512B"`, `"64KiB"`, `"1MiB"`, `"2GiB"`. @returns bytes, or undefined if malformed. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+)(B|KiB|MiB|GiB)$/.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Number(match[1]) * (unitBytes.get(match[2] ?? '') ?? 0);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
