import { type ErrorCode, LinkError } from '../../kernel/errors.ts';
import type { NatsLimits, PublishResult, Unsendable } from '../link.ts';

/** Errors after which the same message will fare no better. */
const finalCodes: ReadonlySet<ErrorCode> = new Set([
  'nats-subject-too-long',
  'nats-too-large',
  'nats-forbidden',
  'nats-rejected',
]);

/** Whether sending the message again cannot help, so that it must neither be kept nor come again and again. */
export const isFinal = (cause: unknown): cause is LinkError => cause instanceof LinkError && finalCodes.has(cause.code);

type NotSent = Exclude<PublishResult, 'sent'>;

const reasons: Readonly<Record<NotSent, (limits: NatsLimits) => readonly [ErrorCode, string]>> = {
  'nats-disconnected': () => ['nats-unacknowledged', 'NATS is not connected; send it again later'],
  'nats-backlog': () => ['nats-unacknowledged', 'too much waits for NATS; send it again later'],
  'payload-too-large': ({ payloadBytes }) => [
    'nats-too-large',
    `headers and payload are more than the ${payloadBytes} bytes that the NATS server takes (max_payload); send less`,
  ],
  'subject-too-long': ({ lineBytes }) => [
    'nats-subject-too-long',
    `the subject of this topic makes a protocol line of over ${lineBytes} bytes (nats.maxControlLine); use a shorter topic`,
  ],
};

/** Why a message was not sent, for its publisher. */
export function notSent(rule: string, result: NotSent, limits: NatsLimits): LinkError {
  const [code, text] = reasons[result](limits);
  return new LinkError(code, `rule "${rule}": ${text}`);
}

export const isUnsendable = (result: string): result is Unsendable =>
  result === 'payload-too-large' || result === 'subject-too-long';
