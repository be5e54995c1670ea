import type { BridgeGuard, MessagePort } from '../../broker/ports.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { Message, MessageProperties } from '../../plane/message.ts';
import { countPassed, type RuleTally } from '../egress/egress.ts';
import {
  type BridgeDropReason,
  bridgeDropped,
  bridgeLoopDropped,
  bridgeLoopFound,
  brokerRefused,
  type Direction,
  headerInvalid,
  type LoopReason,
  subjectUnmappable,
} from '../events.ts';
import { type ReadHeaders, readHeaders } from '../headers/headers.ts';
import type { NatsMessage } from '../link.ts';
import { fromNats, type LoopWatch } from '../loop-watch.ts';
import type { UnmappableReason } from '../mapping/mapped.ts';
import type { CompiledRule } from '../mapping/rule.ts';

/** Bytes from NATS that the broker has not finished with, of all rules together. */
export interface Backlog {
  bytes: number;
  readonly maxBytes: number;
}

export interface IngressDeps {
  readonly plane: MessagePort;
  readonly events: Events;
  readonly guard: Pick<BridgeGuard, 'mayPublish'>;
  /** Name of the link, by which egress recognises what came in over it. */
  readonly link: string;
  readonly maxHops: number;
  /** Left out: nothing is watched. */
  readonly watch: LoopWatch | undefined;
  /** The server in use, for people. */
  readonly server: () => string | undefined;
  /** This node hears what it sends. */
  readonly hearsItself: boolean;
  readonly tally: RuleTally;
  readonly backlog: Backlog;
  /** The topic on which a client can answer to a NATS reply subject, if the rules offer one. */
  readonly replyTopic: (reply: string) => string | undefined;
}

const direction: Direction = 'from-nats';

/** What a message costs beside its payload while it waits. */
export const overheadBytes = 512;

/** What a rule makes of a message from NATS; undefined, and counted, where that is nothing for the broker. */
export function createReader(rule: CompiledRule, deps: IngressDeps): (received: NatsMessage) => Message | undefined {
  const { plane, events, tally } = deps;
  const unmappable = (reason: UnmappableReason, why: string): undefined => {
    tally.dropped++;
    events.emit(subjectUnmappable, { rule: rule.name, reason, why });
    return undefined;
  };

  return (received) => {
    if (received.headers === 'unreadable') return dropped(rule, deps, 'headers-unreadable');
    // The client library decodes subjects leniently: this is what bytes that are not UTF-8 become.
    if (received.subject.includes('\ufffd')) return unmappable('invalid-unicode', 'it is not valid UTF-8');
    const topic = rule.toTopic(received.subject);
    if (topic === undefined) return undefined;
    if (topic.kind === 'unmappable') return unmappable(topic.reason, topic.message);
    const headers = readHeaders(received.headers);
    for (const header of headers.invalid) events.emit(headerInvalid, { rule: rule.name, header });
    const loop = loopReason(headers, topic.value, plane.nodeId, deps);
    if (loop === 'own') return undefined;
    if (loop !== undefined) {
      events.emit(bridgeLoopDropped, { rule: rule.name, reason: loop });
      return undefined;
    }
    if (goesRound(rule, received, headers, deps)) return undefined;
    const message = toMessage(topic.value, received, headers, rule, deps);
    const isAllowed = deps.guard.mayPublish({ topic: message.topic, qos: message.qos, isRetained: message.retain });
    return isAllowed ? message : dropped(rule, deps, 'denied');
  };
}

/** What a rule does with a message of core NATS: publish it in the broker under its topic. It never throws. */
export function createIngress(rule: CompiledRule, deps: IngressDeps): (message: NatsMessage) => void {
  const { plane, tally, backlog } = deps;
  const read = createReader(rule, deps);
  return (received) => {
    const message = read(received);
    if (message === undefined) return;
    const bytes = received.payload.length + overheadBytes;
    if (backlog.bytes + bytes > backlog.maxBytes) {
      dropped(rule, deps, 'broker-backlog');
      return;
    }

    backlog.bytes += bytes;
    void publish(plane, message).then(
      () => {
        backlog.bytes -= bytes;
        return countPassed(tally, received);
      },
      (error: unknown) => {
        backlog.bytes -= bytes;
        failed(rule, deps, error);
      },
    );
  };
}

function dropped(rule: CompiledRule, { tally, events }: IngressDeps, reason: BridgeDropReason): undefined {
  tally.dropped++;
  events.emit(bridgeDropped, { rule: rule.name, direction, reason });
  return undefined;
}

/** The broker did not take it. */
export function failed(rule: CompiledRule, { tally, events }: IngressDeps, error: unknown): void {
  tally.dropped++;
  events.emit(brokerRefused, { rule: rule.name, error: messageOf(error) });
}

/** A throw of the broker becomes a rejection: nothing may end the loop that reads from NATS. */
function publish(plane: MessagePort, message: Message): Promise<void> {
  try {
    return plane.publish(message);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** @returns `own`: what this node sent under the same topic, so that its clients have it. */
function loopReason(
  { nodes, topic: topicBefore }: ReadHeaders,
  topic: string,
  self: string,
  { maxHops, hearsItself }: IngressDeps,
): LoopReason | 'own' | undefined {
  if (nodes === undefined) return undefined;
  // sent by this node and not passed by another: another rule takes it, or NATS has put it on another subject
  if (hearsItself && nodes.indexOf(self) === nodes.length - 1) return topicBefore === topic ? 'own' : undefined;
  if (nodes.includes(self)) return 'own-origin';
  return nodes.length > maxHops ? 'max-hops' : undefined;
}

/** Whether a foreign bridge has given NATS what this broker has. */
function goesRound(
  rule: CompiledRule,
  { subject, payload }: NatsMessage,
  { nodes }: ReadHeaders,
  { plane, watch, server, events }: IngressDeps,
): boolean {
  if (nodes?.at(-1) === plane.nodeId) return false; // this node hears itself, once for each rule
  const verdict = watch?.sees(subject, payload, nodes?.[0] ?? fromNats) ?? 'passes';
  if (verdict === 'passes') return false;
  if (verdict === 'found')
    events.emit(bridgeLoopFound, {
      rule: rule.name,
      subject,
      from: nodes === undefined ? `NATS at ${server() ?? 'no server'}` : `node "${nodes[0]}"`,
      to: 'this broker',
    });
  events.emit(bridgeLoopDropped, { rule: rule.name, reason: 'content' });
  return true;
}

function toMessage(
  topic: string,
  { payload, reply }: NatsMessage,
  headers: ReadHeaders,
  rule: CompiledRule,
  { link, replyTopic }: IngressDeps,
): Message {
  const answerTo =
    reply === undefined || headers.properties?.responseTopic !== undefined ? undefined : replyTopic(reply);
  const properties: MessageProperties | undefined =
    answerTo === undefined ? headers.properties : { ...headers.properties, responseTopic: answerTo };
  return {
    topic,
    payload,
    // A node says the QoS unless it is 0; a plain NATS client knows no QoS, so the rule decides.
    qos: headers.qos ?? (headers.nodes === undefined ? rule.qos : 0),
    retain: headers.retain,
    properties,
    origin: { kind: 'bridge', link, brokers: headers.nodes ?? [] },
  };
}
