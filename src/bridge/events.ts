import { defineEvent } from '../kernel/telemetry-ports.ts';
import type { InvalidHeader } from './headers/header-names.ts';
import type { PublishResult } from './link.ts';
import type { UnmappableReason } from './mapping/mapped.ts';

/** Per-message events are `debug`: what they count is in the metrics, and a busy bridge must not flood the log. */

export type Direction = 'to-nats' | 'from-nats';

export type BridgeDropReason =
  | Exclude<PublishResult, 'sent'>
  /** More bytes from NATS than `bridge.maxPending` wait for the broker. */
  | 'broker-backlog'
  /** The header block cannot be parsed, so the origin is unknown. */
  | 'headers-unreadable'
  /** NATS does not let this broker publish on its subject. */
  | 'forbidden'
  /** `access.rules` do not let the rule publish it here. */
  | 'denied';

export const bridgeDropped = defineEvent<{ rule: string; direction: Direction; reason: BridgeDropReason }>({
  counter: 'bridge_dropped_total',
  help: 'Messages that the bridge could not pass on.',
  labels: ['rule', 'direction', 'reason'],
  level: 'debug',
  message: ({ rule, direction, reason }) => `rule "${rule}" dropped a message ${direction}: ${reason}`,
});

/** Said once for each rule and direction. */
export const bridgeDenied = defineEvent<{ rule: string; direction: Direction; topic: string }>({
  counter: 'bridge_denied_total',
  help: 'Rules of the bridge that wanted to carry at least one message that access.rules deny, by direction.',
  labels: ['rule', 'direction'],
  level: 'warn',
  message: ({ rule, direction, topic }) =>
    `rule "${rule}" of the bridge may not ${direction === 'from-nats' ? 'publish' : 'carry away'} "${topic}": access.rules deny it; the rest that they deny is dropped without a word. Allow it with listener: nats`,
});

/** Said once for each rule and connection: a client may publish on as many subjects as it likes. */
export const bridgeForbiddenBegan = defineEvent<{ rule: string; subject: string }>({
  counter: 'bridge_forbidden_began_total',
  help: 'Rules and connections on which NATS did not let this broker publish a message at least once.',
  labels: ['rule'],
  level: 'warn',
  message: ({ rule, subject }) =>
    `rule "${rule}" loses messages: the NATS server does not let this broker publish on ${subject}; change the permissions of its user there; more of them are counted (bridge_dropped_total, reason forbidden), not logged`,
});

export const bridgeSubscriptionForbidden = defineEvent<{ rule: string; error: string }>({
  counter: 'bridge_subscriptions_forbidden_total',
  help: 'Subscriptions of rules that NATS refused, at each connection.',
  labels: ['rule'],
  level: 'warn',
  message: ({ rule, error }) => `rule "${rule}" gets no messages: ${error}`,
});

export const bridgeStreamRead = defineEvent<{ rule: string; stream: string; consumer: string }>({
  counter: 'bridge_stream_opened_total',
  help: 'Times that a rule found, or made, its consumer of a stream.',
  labels: ['rule'],
  level: 'info',
  message: ({ rule, stream, consumer }) => `rule "${rule}" takes from consumer "${consumer}" of the stream "${stream}"`,
});

/** Said once for each new reason. */
export const bridgeStreamWaits = defineEvent<{ rule: string; error: string }>({
  counter: 'bridge_stream_unavailable_total',
  help: 'Times that a rule could not read its stream, or could not for another reason.',
  labels: ['rule'],
  level: 'warn',
  message: ({ rule, error }) => `rule "${rule}" takes nothing from its stream: ${error}; it is tried again`,
});

export const bridgeStreamRefused = defineEvent<{ rule: string; error: string }>({
  counter: 'bridge_stream_refused_total',
  help: 'Messages of streams that the broker had no room for, so that JetStream gives them again.',
  labels: ['rule'],
  level: 'debug',
  message: ({ rule, error }) => `rule "${rule}" gave a message back to JetStream: ${error}`,
});

/** Said once until there was none for a while. */
export const bridgeStreamRefusing = defineEvent<{ rule: string; error: string }>({
  counter: 'bridge_stream_refusing_total',
  help: 'Times that a rule began to give messages back to JetStream as the broker had no room for them.',
  labels: ['rule'],
  level: 'warn',
  message: ({ rule, error }) =>
    `rule "${rule}" gives messages back to JetStream until there is room for them: ${error}; more of them are counted, not logged`,
});

export const bridgeRulesChanged = defineEvent<{ added: string; changed: string; removed: string }>({
  counter: 'bridge_rules_changes_total',
  help: 'Times that bridge rules were changed while the program ran.',
  labels: [],
  level: 'info',
  message: ({ added, changed, removed }) =>
    `bridge rules: ${[said('added', added), said('changed', changed), said('removed', removed)].flat().join('; ') || 'nothing changed'}`,
});

const said = (what: string, names: string): readonly string[] => (names === '' ? [] : [`${what} ${names}`]);

export const bridgeUnacknowledged = defineEvent<{ rule: string; error: string }>({
  counter: 'bridge_unacknowledged_total',
  help: 'Messages at QoS 1 and 2 that NATS or JetStream did not confirm, so that their publishers were refused.',
  labels: ['rule'],
  level: 'debug',
  message: ({ rule, error }) => `rule "${rule}": ${error}`,
});

/** The reason is the code of the error, e.g. `nats-too-large`. */
export const bridgeUnsendable = defineEvent<{ rule: string; reason: string; error: string; isDropped: boolean }>({
  counter: 'bridge_unsendable_total',
  help: 'Messages at QoS 1 and 2 that NATS or JetStream never takes: refused, or acknowledged and dropped before MQTT 5.',
  labels: ['rule', 'reason'],
  level: 'debug',
  message: ({ rule, error, isDropped }) => `rule "${rule}" ${isDropped ? 'dropped' : 'refused'} a message: ${error}`,
});

/** Said once for each rule and reason: a client may send as many as it likes. */
export const bridgeUnsendableBegan = defineEvent<{ rule: string; error: string; isDropped: boolean }>({
  counter: 'bridge_unsendable_began_total',
  help: 'Rules and reasons for which a message that NATS never takes came at least once.',
  labels: ['rule'],
  level: 'warn',
  message: ({ rule, error, isDropped }) =>
    `rule "${rule}" ${isDropped ? 'acknowledged and dropped a message (bridge.onUnsendable)' : 'refused a message for good'}: ${error}; more of them are counted, not logged`,
});

export const bridgeRefusing = defineEvent<{ rule: string; error: string }>({
  counter: 'bridge_refusing_total',
  help: 'Times a rule began to refuse publishers because NATS or JetStream did not confirm their messages.',
  labels: ['rule'],
  level: 'warn',
  message: ({ rule, error }) => `rule "${rule}" refuses publishers until NATS confirms again: ${error}`,
});

export const bridgeOutboxBegan = defineEvent<{ rule: string; error: string }>({
  counter: 'bridge_outbox_began_total',
  help: 'Times a rule began to keep messages in the outbox because NATS did not confirm them.',
  labels: ['rule'],
  level: 'warn',
  message: ({ rule, error }) => `rule "${rule}" keeps messages in the outbox until NATS has them: ${error}`,
});

export const bridgeOutboxEmptied = defineEvent<{ rule: string; messages: number }>({
  counter: 'bridge_outbox_emptied_total',
  help: 'Times NATS had everything that a rule kept in the outbox.',
  labels: ['rule'],
  level: 'info',
  message: ({ rule, messages }) => `rule "${rule}": NATS has the ${messages} messages of the outbox`,
});

export type OutboxDropReason =
  /** The oldest made room, as `bridge.outbox.onFull: drop-oldest` says. */
  | 'drop-oldest'
  /** It was left out, as `bridge.outbox.onFull: drop-newest` says. */
  | 'drop-newest'
  /** It waited longer than `bridge.outbox.age`. */
  | 'too-old'
  /** Its own expiry was over. */
  | 'expired'
  /** NATS takes no message of its size. */
  | 'payload-too-large'
  /** NATS takes no line of its length. */
  | 'subject-too-long'
  /** NATS does not let this broker publish on its subject. */
  | 'forbidden';

export const bridgeOutboxDropped = defineEvent<{ rule: string; reason: OutboxDropReason }>({
  counter: 'bridge_outbox_dropped_total',
  help: 'Messages that were acknowledged and that the outbox let go before NATS had them.',
  labels: ['rule', 'reason'],
  level: 'debug',
  message: ({ rule, reason }) => `rule "${rule}": the outbox dropped a message: ${reason}`,
});

export type LoopReason =
  /** It has passed this node before. */
  | 'own-origin'
  /** It has passed more nodes than `bridge.maxHops`. */
  | 'max-hops'
  /** Somebody who keeps no headers carries it round; see `LoopWatch`. */
  | 'content';

export const bridgeLoopDropped = defineEvent<{ rule: string; reason: LoopReason }>({
  counter: 'bridge_loop_dropped_total',
  help: 'Messages that would have gone round in a loop.',
  labels: ['reason'],
  level: 'debug',
  message: ({ rule, reason }) => `rule "${rule}" stopped a message that would go round: ${reason}`,
});

export const bridgeLoopFound = defineEvent<{ rule: string; subject: string; from: string; to: string }>({
  counter: 'bridge_loops_found_total',
  help: 'Messages that were found to go round through a foreign bridge between NATS and this broker.',
  labels: ['rule'],
  level: 'warn',
  message: ({ rule, subject, from, to }) =>
    `rule "${rule}": a message on subject "${subject}" goes round: ${from} sends again and again what ${to} has already, as a bridge between the two does; its copies are stopped until they stay away. Take one of the two ways out of that bridge`,
});

export const topicUnmappable = defineEvent<{ rule: string; reason: UnmappableReason; why: string }>({
  counter: 'topic_unmappable_total',
  help: 'Messages for NATS whose topic has no subject.',
  labels: ['reason'],
  level: 'debug',
  message: ({ rule, why }) => `rule "${rule}" dropped a message whose topic has no subject: ${why}`,
});

export const subjectUnmappable = defineEvent<{ rule: string; reason: UnmappableReason; why: string }>({
  counter: 'subject_unmappable_total',
  help: 'Messages from NATS whose subject has no topic.',
  labels: ['reason'],
  level: 'debug',
  message: ({ rule, why }) => `rule "${rule}" dropped a message whose subject has no topic: ${why}`,
});

export const headerInvalid = defineEvent<{ rule: string; header: InvalidHeader }>({
  counter: 'bridge_header_invalid_total',
  help: 'Headers of messages from NATS that were ignored because their value cannot be used.',
  labels: ['header'],
  level: 'debug',
  message: ({ rule, header }) => `rule "${rule}" ignored a header of a message from NATS: ${header}`,
});

export const brokerRefused = defineEvent<{ rule: string; error: string }>({
  counter: 'bridge_publish_failed_total',
  help: 'Messages from NATS that the broker failed to publish.',
  labels: ['rule'],
  level: 'error',
  message: ({ rule, error }) => `rule "${rule}": the broker could not publish a message from NATS: ${error}`,
});
