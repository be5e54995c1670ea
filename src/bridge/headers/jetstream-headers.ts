import type { HeaderList } from '../link.ts';

type Pair = readonly [key: string, value: string];

/** By it a stream stores a repetition once. */
export const messageIdHeader = 'Nats-Msg-Id';

/** What a stream looks at before it stores a message; other `Nats-` headers would let a client order it about. */
const names: ReadonlyMap<string, string> = new Map(
  [
    messageIdHeader,
    'Nats-Expected-Stream',
    'Nats-Expected-Last-Msg-Id',
    'Nats-Expected-Last-Sequence',
    'Nats-Expected-Last-Subject-Sequence',
    'Nats-Expected-Last-Subject-Sequence-Subject',
  ].map((name) => [name.toLowerCase(), name]),
);

/** Printable, no white space, and no longer than a stream should have to remember. */
const legalValue = /^[!-~]{1,256}$/;

export const isJetStreamHeader = (name: string): boolean => names.has(name.toLowerCase());

/**
 * User Properties that are headers of JetStream, each once, as it spells them. They go before all other headers: the
 * server takes the first place in the block where the name stands, whatever it is part of there.
 */
export function jetStreamHeaders(pairs: readonly Pair[] | undefined): HeaderList {
  if (pairs === undefined) return [];
  const found = new Map<string, string>();
  for (const [key, value] of pairs) {
    const name = names.get(key.toLowerCase());
    if (name !== undefined && !found.has(name) && legalValue.test(value)) found.set(name, value);
  }
  return [...found];
}
