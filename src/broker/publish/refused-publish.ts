import { AppError, type ErrorCode, messageOf } from '../../kernel/errors.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';

const quotaCodes: ReadonlySet<ErrorCode> = new Set(['store-full', 'store-unavailable', 'nats-unacknowledged']);

const finalCodes: ReadonlyMap<ErrorCode, number> = new Map([
  ['nats-subject-too-long', reasonCodes.topicNameInvalid],
  ['nats-forbidden', reasonCodes.notAuthorized],
]);

/** What a client is told of a message that could not be kept. [MQTT 5, Table 3-4] */
export function refusedPublish(cause: unknown): { readonly reasonCode: number; readonly message: string } {
  const code = cause instanceof AppError ? cause.code : undefined;
  const final = code === undefined ? undefined : finalCodes.get(code);
  const isQuota = code !== undefined && quotaCodes.has(code);
  const reasonCode = final ?? (isQuota ? reasonCodes.quotaExceeded : reasonCodes.implementationSpecificError);
  return { reasonCode, message: messageOf(cause) };
}
