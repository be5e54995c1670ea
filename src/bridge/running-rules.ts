import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../kernel/errors.ts';
import type { Prepared } from '../kernel/prepared.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import { newTallies } from './egress/egress.ts';
import type { Outbox } from './egress/outbox.ts';
import { bridgeRulesChanged } from './events.ts';
import type { NatsLink } from './link.ts';
import type { CompiledRule } from './mapping/rule.ts';
import { createRuleIndex, hearOneAnother, type RuleIndex, replyTopic } from './mapping/rule-index.ts';
import { compileRules } from './mapping/rules.ts';
import { createSharedMemo } from './mapping/shared-memo.ts';
import { createRunningRule, type RuleWorld, type RunningRule } from './run-rule.ts';
import type { BridgeRuleOptions, CodecConfig } from './schema.ts';

/** Other rules, that are ready to run. A rule that stays as it is takes every message once. */
export interface RulesChange extends Prepared {
  /** Names of rules. */
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface RunningRulesDeps extends Omit<RuleWorld, 'isHeard' | 'replyTopic'> {
  readonly codec: CodecConfig;
  readonly nats: NatsLink;
  readonly events: Events;
  readonly outbox: Outbox | undefined;
}

/** The rules of a bridge. They can be others while it runs. */
export class RunningRules {
  readonly #deps: RunningRulesDeps;
  readonly #world: RuleWorld;
  #running: readonly RunningRule[] = [];
  #index: RuleIndex = createRuleIndex([]);
  #isHeard: (subject: string) => boolean = () => false;
  #isChanging = false;

  constructor(deps: RunningRulesDeps) {
    this.#deps = deps;
    this.#world = {
      ...deps,
      isHeard: (subject) => this.#isHeard(subject),
      replyTopic: (reply) => replyTopic(this.#index, reply),
    };
  }

  get running(): readonly RunningRule[] {
    return this.#running;
  }

  get index(): RuleIndex {
    return this.#index;
  }

  /** The first rules, from a configuration that was checked. What NATS says to them is told by events. */
  async begin(rules: readonly CompiledRule[]): Promise<void> {
    const first = rules.map((rule) => this.#create(rule));
    await this.#openOutbox(first);
    for (const { source } of first) source?.hold();
    this.#become(first);
    for (const running of first) running.begin();
  }

  /**
   * Makes other rules ready beside those that run. A rule whose options are the same stays as it is.
   * @param rules sound, as `checkRules` finds
   * @throws ConfigError `rule-invalid` or `rules-need-restart`, LinkError or StoreError where one cannot run; nothing has
   *   changed then.
   */
  async prepare(rules: readonly BridgeRuleOptions[], signal: AbortSignal): Promise<RulesChange> {
    if (this.#isChanging) throw new Error('bridge rules are being changed already');
    const next = this.#compile(rules);
    const before = new Set(this.#running);
    const fresh = next.filter((running) => !before.has(running));
    this.#isChanging = true;
    try {
      await this.#ready(fresh, signal);
    } catch (cause) {
      this.#drop(fresh);
      throw cause;
    }
    return this.#change(next, fresh);
  }

  /** Ends all. */
  async end(deadline: AbortSignal): Promise<void> {
    this.#isChanging = false;
    const ending = this.running;
    for (const rule of ending) rule.end();
    for (const rule of ending) await rule.ended(deadline);
  }

  #compile(rules: readonly BridgeRuleOptions[]): readonly RunningRule[] {
    const known = new Map(this.#running.map((running) => [running.rule.name, running]));
    const kept = (options: BridgeRuleOptions): RunningRule | undefined => {
      const running = known.get(options.name);
      return isDeepStrictEqual(running?.rule.options, options) ? running : undefined;
    };
    const fresh = rules.filter((options) => kept(options) === undefined);
    const made = compileRules({ rules: fresh, codec: this.#deps.codec }).map((rule) =>
      this.#create(rule, known.get(rule.name)),
    );
    const byOptions = new Map(made.map((running) => [running.rule.options, running]));
    const next = rules.flatMap((options) => byOptions.get(options) ?? kept(options) ?? []);
    if (!this.#deps.hearsItself && hearOneAnother(next.map(({ rule }) => rule))) throw needsRestart();
    return next;
  }

  /** A rule that is changed goes on with its counters. */
  #create(rule: CompiledRule, before?: RunningRule): RunningRule {
    return createRunningRule(rule, before?.tallies ?? newTallies(), this.#world);
  }

  async #ready(fresh: readonly RunningRule[], signal: AbortSignal): Promise<void> {
    const { nats } = this.#deps;
    await this.#openOutbox(fresh);
    for (const { source } of fresh) source?.hold();
    if (nats.state().status !== 'connected') return;
    await nats.flush(signal);
    for (const { source } of fresh) await source?.check(signal);
  }

  #change(next: readonly RunningRule[], fresh: readonly RunningRule[]): RulesChange {
    const staying = new Set(next);
    const old = this.#running.filter((running) => !staying.has(running));
    const namesOf = (list: readonly RunningRule[]): string[] => list.map(({ rule: { name } }) => name);
    const [oldNames, newNames] = [new Set(namesOf(old)), new Set(namesOf(fresh))];
    const added = namesOf(fresh).filter((name) => !oldNames.has(name));
    const changed = namesOf(fresh).filter((name) => oldNames.has(name));
    const removed = namesOf(old).filter((name) => !newNames.has(name));
    return {
      added,
      changed,
      removed,
      commit: async (deadline) => {
        if (!this.#isChanging) return;
        this.#isChanging = false;
        for (const running of old) running.end();
        this.#become(next);
        for (const running of fresh) running.begin();
        const said = { added: added.join(', '), changed: changed.join(', '), removed: removed.join(', ') };
        this.#deps.events.emit(bridgeRulesChanged, said);
        for (const running of old) await running.ended(deadline);
      },
      cancel: () => {
        if (this.#isChanging) this.#drop(fresh);
      },
    };
  }

  #drop(fresh: readonly RunningRule[]): void {
    for (const { source } of fresh) source?.end();
    this.#isChanging = false;
  }

  #become(running: readonly RunningRule[]): void {
    this.#running = running;
    const index = createRuleIndex(running.map(({ rule }) => rule));
    this.#index = index;
    // what a stream has comes back in any case
    const { hearsItself } = this.#deps;
    const hearing = running.filter(({ rule: { jetstream } }) => hearsItself || jetstream !== undefined);
    const heard = createRuleIndex(hearing.map(({ rule }) => rule));
    this.#isHeard =
      hearing.length === 0 ? () => false : createSharedMemo()((subject) => heard.receiversOf(subject).length > 0);
  }

  async #openOutbox(fresh: readonly RunningRule[]): Promise<void> {
    const isKept = ({ ack, direction }: CompiledRule): boolean => ack === 'nats' && direction !== 'from-nats';
    if (!fresh.some(({ rule }) => isKept(rule))) return;
    const names = [...this.#running, ...fresh].filter(({ rule }) => isKept(rule)).map(({ rule: { name } }) => name);
    await this.#deps.outbox?.open([...new Set(names)]);
  }
}

const needsRestart = (): ConfigError =>
  new ConfigError(
    'rules-need-restart',
    'a bridge rule takes subjects that another rule sends to, so that NATS has to give this node back what it sends, which is settled with the connection at the start; restart the program, or write bridge.echo: on before',
  );
