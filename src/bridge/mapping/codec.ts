import { isWellFormed, maxTextBytes } from '../../mqtt/utf8.ts';
import type { CodecOptions } from './codec-options.ts';
import { defaultCodec } from './codec-options.ts';
import { decodeToken, encodeLevel } from './level.ts';
import { type Mapped, quote, type Unmappable, unmappable } from './mapped.ts';
import { isReservedSubject, joinSubject } from './subject.ts';
import { joinTopic, topicProblem } from './topic.ts';

/**
 * The subject of a topic, by the rules of nats-server and beyond them: every topic that a PUBLISH may carry has one.
 *
 * `a/b` is `a.b`, `a.b` is `a//b`, `/a` is `/.a`, `a b` is `a/x20b`. Different topics have different subjects, and
 * `subjectToTopic` gives the topic back. Subjects that belong to NATS itself (`$JS`, `$SYS`, ...) are refused.
 */
export function topicToSubject(topic: string, options: CodecOptions = defaultCodec): Mapped {
  const problem = topicProblem(topic);
  if (problem !== undefined) return problem;
  const tokens = encodeLevels(topic.split('/'), options);
  if (!Array.isArray(tokens)) return tokens;
  const subject = joinSubject(tokens);
  if (subject.kind === 'mapped' && isReservedSubject(subject.value))
    return unmappable('reserved-subject', `subjects below "${tokens[0]}" belong to NATS itself`);
  return subject;
}

/** The topic of a subject. Subjects that `topicToSubject` writes give their topic back; other spellings may be refused. */
export function subjectToTopic(subject: string, options: CodecOptions = defaultCodec): Mapped {
  if (subject === '') return unmappable('empty', 'a subject has at least one character');
  if (!isWellFormed(subject)) return unmappable('invalid-unicode', 'it is not valid Unicode');
  const tokens = subject.split('.');
  const levels: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const level = decodeToken(token, index === tokens.length - 1, options);
    if (level.kind === 'unmappable') return level;
    levels.push(level.value);
  }
  return joinTopic(levels);
}

/** Why this is not a topic filter [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.3-1], or undefined when it is one. */
export function filterProblem(filter: string): Unmappable | undefined {
  if (filter === '') return unmappable('empty', 'a topic filter has at least one character');
  if (filter.includes('\u0000')) return unmappable('nul', 'it contains U+0000');
  if (!isWellFormed(filter)) return unmappable('invalid-unicode', 'it is not valid Unicode');
  if (Buffer.byteLength(filter) > maxTextBytes)
    return unmappable('topic-too-long', `it has more than ${maxTextBytes} bytes`);
  const levels = filter.split('/');
  const at = levels.findIndex((level, index) =>
    level === '#' ? index < levels.length - 1 : level !== '+' && /[+#]/.test(level),
  );
  if (at === -1) return undefined;
  return unmappable(
    'invalid-filter',
    levels[at] === '#'
      ? `in ${quote(filter)} "#" must be the last level`
      : `in ${quote(filter)} a wildcard must be a whole level: ${quote(levels[at] ?? '')} is not`,
  );
}

function encodeLevels(levels: readonly string[], options: CodecOptions): string[] | Unmappable {
  const tokens: string[] = [];
  for (const level of levels) {
    const token = encodeLevel(level, options);
    if (token.kind === 'unmappable') return token;
    tokens.push(token.value);
  }
  return tokens;
}
