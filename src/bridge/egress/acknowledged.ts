import type { Gate, Sending } from '../../broker/ports.ts';
import { type ErrorCode, type LinkError, messageOf } from '../../kernel/errors.ts';
import type { Message } from '../../plane/message.ts';
import {
  bridgeDropped,
  bridgeRefusing,
  bridgeUnacknowledged,
  bridgeUnsendable,
  bridgeUnsendableBegan,
} from '../events.ts';
import { withId } from '../headers/headers.ts';
import type { HeaderList, PublishResult } from '../link.ts';
import type { CompiledRule } from '../mapping/rule.ts';
import type { BridgeOptions } from '../schema.ts';
import { addressed, countPassed, type EgressDeps } from './egress.ts';
import { isFinal, notSent } from './unsendable.ts';

/** Publishes on NATS. @returns kept when NATS has it, broken with a LinkError; or why it cannot go. */
export type Confirm = (
  subject: string,
  payload: Uint8Array,
  headers: HeaderList,
) => Promise<void> | Exclude<PublishResult, 'sent'>;

export interface AcknowledgedDeps extends EgressDeps {
  readonly confirm: Confirm;
  /** `Nats-Msg-Id`; left out where nobody reads it. */
  readonly idOf?: ((...sent: Parameters<Gate>) => string) | undefined;
  readonly onUnsendable: BridgeOptions['onUnsendable'];
}

/** What a rule with `ack: nats` or `ack: jetstream` does with a message at QoS 1 or 2: nobody has it before NATS. */
export function createGate(rule: CompiledRule, deps: AcknowledgedDeps): Gate {
  const { tally, events, confirm, idOf, nats, onUnsendable } = deps;
  let isRefusing = false;
  const confirmed = (message: Message): void => {
    isRefusing = false;
    countPassed(tally, message);
  };
  const unacknowledged = (cause: unknown): never => {
    events.emit(bridgeUnacknowledged, { rule: rule.name, error: messageOf(cause) });
    if (!isRefusing) events.emit(bridgeRefusing, { rule: rule.name, error: messageOf(cause) });
    isRefusing = true;
    throw cause;
  };
  const told = new Set<ErrorCode>();
  /** Nobody gains when it comes again, and a publisher that cannot be told would send it for ever. */
  const unsendable = (cause: LinkError, { canRefuse }: Sending): void => {
    const isDropped = !canRefuse && onUnsendable === 'drop';
    events.emit(bridgeUnsendable, { rule: rule.name, reason: cause.code, error: messageOf(cause), isDropped });
    if (!told.has(cause.code))
      events.emit(bridgeUnsendableBegan, { rule: rule.name, error: messageOf(cause), isDropped });
    told.add(cause.code);
    if (!isDropped) throw cause;
  };
  const failed = (cause: unknown, sending: Sending): void => {
    tally.dropped++;
    if (isFinal(cause)) unsendable(cause, sending);
    else unacknowledged(cause);
  };
  return (message, sending) => {
    const to = addressed(rule, message, deps);
    if (to === undefined) return undefined;
    const headers = idOf === undefined ? to.headers : withId(to.headers, idOf(message, sending));
    const result = confirm(to.subject, message.payload, headers);
    if (typeof result !== 'string')
      return result.then(
        () => confirmed(message),
        (cause: unknown) => failed(cause, sending),
      );
    events.emit(bridgeDropped, { rule: rule.name, direction: 'to-nats', reason: result });
    const cause = notSent(rule.name, result, nats.limits());
    if (isFinal(cause)) return Promise.resolve().then(() => failed(cause, sending));
    tally.dropped++;
    return Promise.reject(cause);
  };
}
