import type { Gate } from '../broker/ports.ts';
import { LinkError, messageOf } from '../kernel/errors.ts';
import type { Message } from '../plane/message.ts';
import { addressed, countPassed, type EgressDeps } from './egress.ts';
import { bridgeDropped, bridgeRefusing, bridgeUnacknowledged } from './events.ts';
import type { HeaderList, PublishResult } from './link.ts';
import type { CompiledRule } from './rule.ts';

/** Publishes on NATS. @returns kept when NATS has it, broken with a LinkError `nats-unacknowledged`; or why it cannot go. */
export type Confirm = (
  subject: string,
  payload: Uint8Array,
  headers: HeaderList,
) => Promise<void> | Exclude<PublishResult, 'sent'>;

export interface AcknowledgedDeps extends EgressDeps {
  readonly confirm: Confirm;
  /** `Nats-Msg-Id`; left out where nobody reads it. */
  readonly idOf?: ((...sent: Parameters<Gate>) => string) | undefined;
}

const why: Readonly<Record<Exclude<PublishResult, 'sent'>, string>> = {
  'nats-disconnected': 'NATS is not connected',
  'nats-backlog': 'too much waits for NATS',
  'payload-too-large': 'the message is larger than the NATS server takes (max_payload)',
};

/** What a rule with `ack: nats` or `ack: jetstream` does with a message at QoS 1 or 2: nobody has it before NATS. */
export function createGate(rule: CompiledRule, deps: AcknowledgedDeps): Gate {
  const { tally, events, confirm, idOf } = deps;
  let isRefusing = false;
  const confirmed = (message: Message): void => {
    isRefusing = false;
    countPassed(tally, message);
  };
  const unacknowledged = (cause: unknown): never => {
    tally.dropped++;
    events.emit(bridgeUnacknowledged, { rule: rule.name, error: messageOf(cause) });
    if (!isRefusing) events.emit(bridgeRefusing, { rule: rule.name, error: messageOf(cause) });
    isRefusing = true;
    throw cause;
  };
  return (message, sending) => {
    const to = addressed(rule, message, deps);
    if (to === undefined) return undefined;
    const headers: HeaderList =
      idOf === undefined ? to.headers : [...to.headers, ['Nats-Msg-Id', idOf(message, sending)]];
    const result = confirm(to.subject, message.payload, headers);
    if (typeof result === 'string') {
      tally.dropped++;
      events.emit(bridgeDropped, { rule: rule.name, direction: 'to-nats', reason: result });
      return Promise.reject(
        new LinkError('nats-unacknowledged', `rule "${rule.name}": ${why[result]}; send it again later`),
      );
    }
    return result.then(() => confirmed(message), unacknowledged);
  };
}
