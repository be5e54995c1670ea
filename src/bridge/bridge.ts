import type { Gate, MessagePort } from '../broker/ports.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import { type Confirm, createGate } from './egress/acknowledged.ts';
import { confirmByJetStream } from './egress/confirm-jetstream.ts';
import { confirmByFlush } from './egress/confirm-nats.ts';
import { createEgress, type EgressDeps, newTally, type Tally } from './egress/egress.ts';
import type { Outbox } from './egress/outbox.ts';
import { Spool } from './egress/spool.ts';
import { createMessageIds } from './headers/message-ids.ts';
import { type Backlog, createIngress } from './ingress/ingress.ts';
import type { NatsLink, NatsState } from './link.ts';
import { LoopWatch } from './loop-watch.ts';
import { createMemo } from './mapping/memo.ts';
import { type CompiledRule, compileRules } from './mapping/rule.ts';
import { createRuleIndex, hearOneAnother, replyTopic } from './mapping/rule-index.ts';
import type { BridgeOptions } from './schema.ts';

export interface BridgeDeps {
  readonly plane: MessagePort;
  readonly nats: NatsLink;
  readonly telemetry: Telemetry;
  /** Open before the bridge starts. Without one, rules with `ack: nats` refuse messages while NATS is away. */
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
  readonly toNats: Readonly<Tally>;
  readonly fromNats: Readonly<Tally>;
}

export interface BridgeState {
  readonly nats: NatsState;
  readonly rules: readonly RuleState[];
  /** Bytes from NATS that the broker has not finished with. */
  readonly pendingBytes: number;
}

/** Carries messages between the broker and NATS as the rules say. It owns neither: both are started before it. */
export interface Bridge extends Component {
  readonly rules: readonly CompiledRule[];
  state(): BridgeState;
}

/** Makes the bridge of a configuration. */
export interface BridgeFactory {
  (deps: BridgeDeps): Bridge;
  /** The link has to give back what this node sends: a rule may take it under another topic. */
  readonly hearsItself: boolean;
}

/** @param options sound, as `checkRules` finds. @throws ConfigError `rule-invalid` for a rule that cannot be read. */
export function createBridge(options: BridgeOptions): BridgeFactory {
  const rules = compileRules(options);
  const index = createRuleIndex(rules);
  const hearsItself = options.echo === 'on' || hearOneAnother(rules);
  const isHeard = hearsItself ? createMemo()((subject) => index.receiversOf(subject).length > 0) : undefined;

  const create = ({ plane, nats, telemetry: { events }, outbox, clock = systemClock }: BridgeDeps): Bridge => {
    const backlog: Backlog = { bytes: 0, maxBytes: options.maxPending };
    const running = rules.map((rule) => ({ rule, toNats: newTally(), fromNats: newTally() }));
    const watch = options.maxCrossings === 0 ? undefined : new LoopWatch(options.maxCrossings, clock);
    const untap: (() => void)[] = [];
    let life: 'new' | 'running' | 'stopped' = 'new';

    const spools: Spool[] = [];
    const gateOf = acknowledging({ nats, clock, outbox, spools, options });

    const open = () => {
      for (const { rule, toNats, fromNats } of running) {
        if (rule.direction !== 'to-nats') {
          const receive = createIngress(rule, {
            plane,
            events,
            link: nats.name,
            maxHops: options.maxHops,
            hearsItself,
            watch,
            server: () => nats.state().server,
            tally: fromNats,
            backlog,
            replyTopic: (reply) => replyTopic(index, reply),
          });
          for (const subject of rule.subjectFilters)
            nats.subscribe(subject, (message) => {
              if (life === 'running') receive(message);
            });
        }
        if (rule.direction === 'from-nats') continue;
        const deps: EgressDeps = { nats, events, nodeId: plane.nodeId, tally: toNats, isHeard, watch };
        const gate = gateOf(rule, deps);
        if (gate !== undefined) untap.push(plane.gate(rule.topicFilter, gate));
        untap.push(plane.tap(rule.topicFilter, createEgress(rule, deps, gate !== undefined)));
      }
    };

    return {
      name: 'bridge',
      rules,
      async start(signal) {
        if (life !== 'new') return;
        life = 'running';
        open();
        for (const spool of spools) spool.start();
        // A message published on NATS right after the start must arrive; without a connection there is none to wait for.
        if (nats.state().status === 'connected') await nats.flush(signal).catch(() => undefined);
      },
      async stop(deadline) {
        const wasRunning = life === 'running';
        life = 'stopped';
        for (const end of untap.splice(0)) end();
        for (const spool of spools) await spool.stop(deadline);
        if (wasRunning && nats.state().status === 'connected') await nats.flush(deadline).catch(() => undefined);
      },
      state: () => ({
        nats: nats.state(),
        rules: running.map(({ rule: { name, topic, subject, direction }, toNats, fromNats }) => ({
          name,
          topic,
          subject,
          direction,
          toNats: { ...toNats },
          fromNats: { ...fromNats },
        })),
        pendingBytes: backlog.bytes,
      }),
    };
  };
  return Object.assign(create, { hearsItself });
}

interface Acknowledging {
  readonly nats: NatsLink;
  readonly clock: Clock;
  readonly options: BridgeOptions;
  readonly outbox: Outbox | undefined;
  /** Filled with what is to be started and stopped with the bridge. */
  readonly spools: Spool[];
}

/** Makes the gates of rules that have one; they share what they wait with. */
function acknowledging({ nats, clock, options, outbox, spools }: Acknowledging) {
  const { ackTimeout: timeoutMs, onUnsendable } = options;
  const flushed = confirmByFlush(nats, clock, timeoutMs);
  const idOf = createMessageIds();
  let stored: Confirm | undefined;
  const spooled = (rule: string, { events }: EgressDeps): Confirm => {
    if (outbox === undefined) return flushed;
    const spool = new Spool({ rule, confirm: flushed, outbox, nats, clock, events, timeoutMs });
    spools.push(spool);
    return spool.send;
  };
  return (rule: CompiledRule, deps: EgressDeps): Gate | undefined => {
    if (rule.ack === 'local') return undefined;
    if (rule.ack === 'nats') return createGate(rule, { ...deps, onUnsendable, confirm: spooled(rule.name, deps) });
    stored ??= confirmByJetStream(nats, clock, timeoutMs);
    return createGate(rule, { ...deps, onUnsendable, confirm: stored, idOf });
  };
}
