import type { HeaderList } from '../link.ts';

const decoder = new TextDecoder();

/** Reads `NATS/1.0`, then `name: value` lines, in their order. A line without a colon is skipped. */
export function parseHeaderBlock(block: Uint8Array): HeaderList | 'unreadable' {
  const [version, ...lines] = decoder.decode(block).split('\r\n');
  if (version === undefined || !/^NATS\/1\.\d/.test(version)) return 'unreadable';
  const list: (readonly [string, string])[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) list.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
  }
  return list;
}
