import type { Events } from '../../kernel/telemetry-ports.ts';
import type { Message } from '../../plane/message.ts';
import { bridgeDropped, bridgeLoopDropped, bridgeLoopFound, type Direction, topicUnmappable } from '../events.ts';
import { isPlain, messageToHeaders, topicHeader } from '../headers/headers.ts';
import type { HeaderList, NatsLink } from '../link.ts';
import type { LoopWatch } from '../loop-watch.ts';
import type { CompiledRule } from '../mapping/rule.ts';

/** Messages that went one way over one rule since the start. */
export interface RuleTally {
  passed: number;
  /** Of the payloads that passed. */
  bytes: number;
  dropped: number;
}

/** Both ways of a rule. */
export interface Tallies {
  readonly toNats: RuleTally;
  readonly fromNats: RuleTally;
}

const newTally = (): RuleTally => ({ passed: 0, bytes: 0, dropped: 0 });

export const newTallies = (): Tallies => ({ toNats: newTally(), fromNats: newTally() });

export function countPassed(tally: RuleTally, { payload }: { readonly payload: Uint8Array }): void {
  tally.passed++;
  tally.bytes += payload.length;
}

export interface EgressDeps {
  readonly nats: NatsLink;
  readonly events: Events;
  readonly nodeId: string;
  readonly tally: RuleTally;
  /** Left out: nothing is watched. */
  readonly watch: LoopWatch | undefined;
  /** Whether this node hears what it sends on a subject, as a rule of its own takes it. */
  readonly isHeard: (subject: string) => boolean;
}

const direction: Direction = 'to-nats';

/** Under which subject and with which headers a message goes to NATS; undefined, and counted, where it does not. */
export function addressed(
  rule: CompiledRule,
  message: Message,
  deps: EgressDeps,
  plainHeaders?: HeaderList,
): { readonly subject: string; readonly headers: HeaderList } | undefined {
  const { nats, events, nodeId, tally, isHeard } = deps;
  const { origin } = message;
  if (origin.kind === 'bridge' && origin.link === nats.name) return undefined; // NATS has it
  const subject = rule.toSubject(message.topic);
  if (subject === undefined) return undefined;
  if (subject.kind === 'unmappable') {
    tally.dropped++;
    events.emit(topicUnmappable, { rule: rule.name, reason: subject.reason, why: subject.message });
    return undefined;
  }
  if (origin.kind === 'client' && goesRound(rule, subject.value, message, origin.clientId, deps)) return undefined;
  const passed = origin.kind === 'bridge' ? origin.brokers : [];
  const isHeardAgain = isHeard(subject.value);
  const isUsual = plainHeaders !== undefined && !isHeardAgain && passed.length === 0 && isPlain(message);
  if (isUsual) return { subject: subject.value, headers: plainHeaders };
  const headers = messageToHeaders(message, [...passed, nodeId]);
  return { subject: subject.value, headers: isHeardAgain ? [...headers, topicHeader(message.topic)] : headers };
}

/** Whether a foreign bridge has brought the message back from NATS. */
function goesRound(
  rule: CompiledRule,
  subject: string,
  { payload }: Message,
  clientId: string,
  { watch, nats, events }: EgressDeps,
): boolean {
  const verdict = watch?.sees(subject, payload, clientId) ?? 'passes';
  if (verdict === 'passes') return false;
  if (verdict === 'found')
    events.emit(bridgeLoopFound, {
      rule: rule.name,
      subject,
      from: `MQTT client "${clientId}"`,
      to: `NATS at ${nats.state().server ?? 'no server'}`,
    });
  events.emit(bridgeLoopDropped, { rule: rule.name, reason: 'content' });
  return true;
}

/**
 * What a rule does with a message of the broker: give it to NATS under its subject.
 * @param isGated messages at QoS 1 and 2 are at NATS before they are delivered
 */
export function createEgress(rule: CompiledRule, deps: EgressDeps, isGated: boolean): (message: Message) => void {
  const { nats, events, nodeId, tally } = deps;
  // Most messages need the origin header only; the link recognises the same list and encodes it once.
  const originOnly: HeaderList = messageToHeaders(
    { topic: '', payload: new Uint8Array(), qos: 0, retain: false, origin: { kind: 'broker' } },
    [nodeId],
  );

  return (message) => {
    if (isGated && message.qos > 0) return;
    const to = addressed(rule, message, deps, originOnly);
    if (to === undefined) return;
    const result = nats.publish(to.subject, message.payload, to.headers);
    if (result === 'sent') return countPassed(tally, message);
    tally.dropped++;
    events.emit(bridgeDropped, { rule: rule.name, direction, reason: result });
  };
}
