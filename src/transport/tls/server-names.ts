/**
 * Finds what belongs to a server name: by the name itself, then by a wildcard for its first label (RFC 6125 6.4.3).
 * @param entries names in lower case, the first of equal ones counts.
 * @returns undefined for other names.
 */
export function byServerName<T>(
  entries: readonly { readonly names: readonly string[]; readonly value: T }[],
): (servername: string) => T | undefined {
  const values = new Map<string, T>();
  for (const { names, value } of entries) for (const name of names) if (!values.has(name)) values.set(name, value);
  return (servername) => {
    const name = servername.toLowerCase();
    const dot = name.indexOf('.');
    return values.get(name) ?? (dot < 1 ? undefined : values.get(`*${name.slice(dot)}`));
  };
}
