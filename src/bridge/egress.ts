import type { Events } from '../kernel/telemetry-ports.ts';
import type { Message } from '../plane/message.ts';
import { bridgeDropped, bridgeLoopDropped, type Direction, topicUnmappable } from './events.ts';
import { isPlain, messageToHeaders } from './headers.ts';
import type { HeaderList, NatsLink } from './link.ts';
import type { CompiledRule } from './rule.ts';

/** Messages that went one way over one rule since the start. */
export interface Tally {
  passed: number;
  dropped: number;
}

export interface EgressDeps {
  readonly nats: NatsLink;
  readonly events: Events;
  readonly nodeId: string;
  readonly tally: Tally;
}

const direction: Direction = 'to-nats';

/** What a rule does with a message of the broker: give it to NATS under its subject. */
export function createEgress(
  rule: CompiledRule,
  { nats, events, nodeId, tally }: EgressDeps,
): (message: Message) => void {
  // Most messages need the origin header only; the link recognises the same list and encodes it once.
  const originOnly: HeaderList = messageToHeaders(
    { topic: '', payload: new Uint8Array(), qos: 0, retain: false, origin: { kind: 'broker' } },
    [nodeId],
  );
  const fromNats = { rule: rule.name, reason: 'from-nats' } as const;

  return (message) => {
    const { origin } = message;
    if (origin.kind === 'bridge' && origin.link === nats.name) {
      events.emit(bridgeLoopDropped, fromNats);
      return;
    }
    const subject = rule.toSubject(message.topic);
    if (subject === undefined) return;
    if (subject.kind === 'unmappable') {
      tally.dropped++;
      events.emit(topicUnmappable, { rule: rule.name, reason: subject.reason, why: subject.message });
      return;
    }
    const passed = origin.kind === 'bridge' ? origin.brokers : [];
    const headers =
      passed.length === 0 && isPlain(message) ? originOnly : messageToHeaders(message, [...passed, nodeId]);
    const result = nats.publish(subject.value, message.payload, headers);
    if (result === 'sent') {
      tally.passed++;
      return;
    }
    tally.dropped++;
    events.emit(bridgeDropped, { rule: rule.name, direction, reason: result });
  };
}
