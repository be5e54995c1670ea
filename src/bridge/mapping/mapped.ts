/** Why a topic has no subject, or a subject no topic. Label of the counters, so the list is closed. */
const unmappableReasons = [
  'empty',
  'nul',
  'invalid-unicode',
  'mqtt-wildcard',
  'nats-wildcard',
  'forbidden-character',
  'dot-in-level',
  'empty-level',
  'empty-token',
  'lone-slash',
  'invalid-escape',
  'invalid-filter',
  'reserved-subject',
  'subject-too-long',
  'topic-too-long',
  'too-many-levels',
] as const;
export type UnmappableReason = (typeof unmappableReasons)[number];

export interface Unmappable {
  readonly kind: 'unmappable';
  readonly reason: UnmappableReason;
  /** A sentence for people: what is wrong, with which part, and what is allowed. */
  readonly message: string;
}

/** The other side's name of a message, or why it has none. */
export type Mapped = { readonly kind: 'mapped'; readonly value: string } | Unmappable;

export const mapped = (value: string): Mapped => ({ kind: 'mapped', value });

export const unmappable = (reason: UnmappableReason, message: string): Unmappable => ({
  kind: 'unmappable',
  reason,
  message,
});

/** Client input for a message: quoted, control characters escaped, at most 80 characters. */
export const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
