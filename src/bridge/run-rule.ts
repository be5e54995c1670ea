import type { BridgeGuard, Gate, MessagePort } from '../broker/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { Confirms } from './egress/confirms.ts';
import { countPassed, createEgress, type EgressDeps, type Tallies } from './egress/egress.ts';
import { bridgeDenied, type Direction } from './events.ts';
import { type Backlog, createIngress, createReader, failed, type IngressDeps } from './ingress/ingress.ts';
import type { Intakes } from './ingress/intakes.ts';
import { OnDemandSource } from './ingress/on-demand-source.ts';
import type { RuleSource } from './ingress/source.ts';
import { StreamSource } from './ingress/stream-source.ts';
import { subjectSource } from './ingress/subject-source.ts';
import type { NatsLink } from './link.ts';
import type { LoopWatch } from './loop-watch.ts';
import type { CompiledRule } from './mapping/rule.ts';

/** What all rules of a bridge share. */
export interface RuleWorld {
  readonly plane: MessagePort;
  readonly nats: NatsLink;
  /** What a rule may do, by its name. */
  readonly guard: (rule: string) => BridgeGuard;
  readonly events: Events;
  readonly clock: Clock;
  readonly intakes: Intakes;
  readonly confirms: Confirms;
  readonly backlog: Backlog;
  readonly maxHops: number;
  /** The connection gives back what this node sends. */
  readonly hearsItself: boolean;
  /** Left out: nothing is watched. */
  readonly watch: LoopWatch | undefined;
  /** Whether this node hears what it sends on a subject. */
  readonly isHeard: (subject: string) => boolean;
  /** The topic on which a client can answer to a NATS reply subject, if the rules offer one. */
  readonly replyTopic: (reply: string) => string | undefined;
}

/** A rule that runs, or is about to. */
export interface RunningRule {
  readonly rule: CompiledRule;
  readonly tallies: Tallies;
  /** Undefined for rules that take nothing from NATS. */
  readonly source: RuleSource | undefined;
  /** Takes messages, from this moment on. */
  begin(): void;
  /** Takes none any more, from this moment on. */
  end(): void;
  /** Kept when what it took is done with. */
  ended(deadline: AbortSignal): Promise<void>;
}

export function createRunningRule(rule: CompiledRule, tallies: Tallies, world: RuleWorld): RunningRule {
  const { plane, confirms } = world;
  const guard = told(rule, world);
  const source = rule.direction === 'to-nats' ? undefined : sourceOf(rule, tallies, guard, world);
  const untap: (() => void)[] = [];
  const send = (): void => {
    const { nats, events, isHeard, watch } = world;
    const deps: EgressDeps = { nats, events, nodeId: plane.nodeId, tally: tallies.toNats, isHeard, watch };
    const gate = confirms.gateOf(rule, deps);
    if (gate !== undefined) untap.push(plane.gate(rule.topicFilter, guarded(gate, guard)));
    untap.push(plane.tap(rule.topicFilter, createEgress(rule, deps, gate !== undefined), guard.mayTake));
  };
  return {
    rule,
    tallies,
    source,
    begin() {
      source?.begin();
      if (rule.direction !== 'from-nats') send();
    },
    end() {
      source?.end();
      for (const end of untap.splice(0)) end();
    },
    async ended(deadline) {
      await source?.ended(deadline);
      if (rule.direction !== 'from-nats') await confirms.leave(rule, deadline);
    },
  };
}

/** What it must not carry away nobody has to wait for. */
const guarded =
  (gate: Gate, { mayTake }: BridgeGuard): Gate =>
  (message, sending) =>
    mayTake(message.topic) ? gate(message, sending) : undefined;

/** Says once for each direction that the rules of access do not let it. */
function told({ name }: CompiledRule, { guard: guardOf, events }: RuleWorld): BridgeGuard {
  const guard = guardOf(name);
  const said = new Set<Direction>();
  const judged = (isAllowed: boolean, direction: Direction, topic: string): boolean => {
    if (isAllowed || said.has(direction)) return isAllowed;
    said.add(direction);
    events.emit(bridgeDenied, { rule: name, direction, topic });
    return false;
  };
  return {
    mayPublish: (request) => judged(guard.mayPublish(request), 'from-nats', request.topic),
    mayTake: (topic) => judged(guard.mayTake(topic), 'to-nats', topic),
  };
}

function sourceOf(rule: CompiledRule, { fromNats }: Tallies, guard: BridgeGuard, world: RuleWorld): RuleSource {
  const { plane, events, nats, clock, maxHops, hearsItself, watch, backlog, replyTopic } = world;
  const { jetstream } = rule;
  const deps: IngressDeps = {
    plane,
    events,
    guard,
    link: nats.name,
    maxHops,
    hearsItself: hearsItself || jetstream !== undefined, // a stream gives back whatever it has
    watch,
    server: () => nats.state().server,
    tally: fromNats,
    backlog,
    replyTopic,
  };
  if (jetstream === undefined) {
    const subjects = subjectSource(rule, world, createIngress(rule, deps));
    return rule.isOnDemand ? new OnDemandSource(subjects, plane, rule.topicFilter) : subjects;
  }
  return new StreamSource(rule, jetstream, {
    nats,
    plane,
    clock,
    events,
    backlog,
    read: createReader(rule, deps),
    passed: (received) => countPassed(fromNats, received),
    failed: (cause) => failed(rule, deps, cause),
  });
}
