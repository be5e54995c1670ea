import type { BridgeGuard, MessagePort } from '../broker/ports.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { Confirms } from './egress/confirms.ts';
import type { RuleTally } from './egress/egress.ts';
import { countForbidden } from './egress/forbidden-publishes.ts';
import type { Outbox } from './egress/outbox.ts';
import type { Backlog } from './ingress/ingress.ts';
import { Intakes } from './ingress/intakes.ts';
import type { NatsLink, NatsState } from './link.ts';
import { LoopWatch } from './loop-watch.ts';
import type { CompiledRule } from './mapping/rule.ts';
import { hearOneAnother } from './mapping/rule-index.ts';
import { compileRules } from './mapping/rules.ts';
import type { RunningRule } from './run-rule.ts';
import { type RulesChange, RunningRules } from './running-rules.ts';
import type { BridgeOptions, BridgeRuleOptions } from './schema.ts';

export type { RulesChange } from './running-rules.ts';

export interface BridgeDeps {
  readonly plane: MessagePort;
  readonly nats: NatsLink;
  readonly telemetry: Telemetry;
  /** What a rule may do, by its name; left out: everything. */
  readonly guard?: ((rule: string) => BridgeGuard) | undefined;
  /** Opened where a rule needs it. Without one, rules with `ack: nats` refuse messages while NATS is away. */
  readonly outbox?: Outbox | undefined;
  /** The system's where it is left out. */
  readonly clock?: Clock;
}

/** A rule and what went over it since the start. */
export interface RuleState {
  readonly name: string;
  readonly topic: string;
  readonly subject: string;
  readonly direction: CompiledRule['direction'];
  readonly toNats: Readonly<RuleTally>;
  readonly fromNats: Readonly<RuleTally>;
  /** Messages of its stream that are taken and not acknowledged; undefined where it has none. */
  readonly inFlight: number | undefined;
}

export interface BridgeState {
  readonly nats: NatsState;
  readonly rules: readonly RuleState[];
  /** Bytes from NATS that the broker has not finished with. */
  readonly pendingBytes: number;
}

/** Carries messages between the broker and NATS as the rules say. It owns neither: both are started before it. */
export interface Bridge extends Component {
  /** Those that run now, or will at the start. */
  readonly rules: readonly CompiledRule[];
  state(): BridgeState;
  /** See `RunningRules.prepare`. Before the start and after the end there is nothing to change. */
  prepareRules(rules: readonly BridgeRuleOptions[], signal: AbortSignal): Promise<RulesChange>;
}

const stateOf = ({ rule, tallies: { toNats, fromNats }, source }: RunningRule): RuleState => ({
  name: rule.name,
  topic: rule.topic,
  subject: rule.subject,
  direction: rule.direction,
  toNats: { ...toNats },
  fromNats: { ...fromNats },
  inFlight: source?.inFlight,
});

const everything: BridgeGuard = { mayPublish: () => true, mayTake: () => true };

/** Whether the link has to give back what this node sends: a rule may take it under another topic. */
export const needsEcho = (options: BridgeOptions): boolean =>
  options.echo === 'on' || hearOneAnother(compileRules(options));

/** @param options sound, as `checkRules` finds. @throws ConfigError `rule-invalid` for a rule that cannot be read. */
export function createBridge(options: BridgeOptions, deps: BridgeDeps): Bridge {
  const compiled = compileRules(options);
  const { plane, nats, outbox, clock = systemClock, guard = () => everything } = deps;
  const { events } = deps.telemetry;
  const backlog: Backlog = { bytes: 0, maxBytes: options.maxPending };
  const set = new RunningRules({
    plane,
    nats,
    guard,
    events,
    outbox,
    clock,
    backlog,
    hearsItself: needsEcho(options),
    codec: options.codec,
    maxHops: options.maxHops,
    watch: options.maxCrossings === 0 ? undefined : new LoopWatch(options.maxCrossings, clock),
    intakes: new Intakes(nats),
    confirms: new Confirms(options, { nats, clock, events, outbox }),
  });
  countForbidden({ nats, events, sendersTo: (subject) => set.index.sendersTo(subject) });
  let life: 'new' | 'running' | 'stopped' = 'new';

  return {
    name: 'bridge',
    get rules() {
      return life === 'new' ? compiled : set.running.map(({ rule }) => rule);
    },
    async start(signal) {
      if (life !== 'new') return;
      life = 'running';
      await set.begin(compiled);
      // A message published on NATS right after the start must arrive; without a connection there is none to wait for.
      if (nats.state().status === 'connected') await nats.flush(signal).catch(() => undefined);
    },
    async stop(deadline) {
      const wasRunning = life === 'running';
      life = 'stopped';
      await set.end(deadline);
      if (wasRunning && nats.state().status === 'connected') await nats.flush(deadline).catch(() => undefined);
    },
    async prepareRules(rules, signal) {
      if (life !== 'running') throw new Error('the bridge does not run');
      return set.prepare(rules, signal);
    },
    state: () => ({
      nats: nats.state(),
      rules: set.running.map(stateOf),
      pendingBytes: backlog.bytes,
    }),
  };
}
