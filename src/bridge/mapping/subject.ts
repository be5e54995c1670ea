import { type Mapped, mapped, unmappable } from './mapped.ts';

/** Longest protocol line of nats-server (`MAX_CONTROL_LINE_SIZE`); a longer one ends the connection. */
const maxControlLineBytes = 4_096;

/** Bytes of a subject that fit into one line with its command and two sizes, `HPUB <subject> <size> <size>`. */
const maxSubjectBytes: number = maxControlLineBytes - 32;

/** First tokens that belong to NATS itself: JetStream, system account, key-value and object stores, inboxes, its MQTT. */
export const reservedFirstTokens: ReadonlySet<string> = new Set(['$JS', '$SYS', '$KV', '$O', '_INBOX', '$MQTT']);

/** True for subjects below (or equal to) a first token that belongs to NATS itself. */
export function isReservedSubject(subject: string): boolean {
  const dot = subject.indexOf('.');
  return reservedFirstTokens.has(dot === -1 ? subject : subject.slice(0, dot));
}

/** Joins tokens to a subject that NATS can carry. */
export function joinSubject(tokens: readonly string[]): Mapped {
  const subject = tokens.join('.');
  if (subject.length * 3 <= maxSubjectBytes || Buffer.byteLength(subject) <= maxSubjectBytes) return mapped(subject);
  return unmappable(
    'subject-too-long',
    `its subject has ${Buffer.byteLength(subject)} bytes; NATS can carry ${maxSubjectBytes}`,
  );
}
