import type { Gate } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { createMessageIds } from '../headers/message-ids.ts';
import type { NatsLink } from '../link.ts';
import type { CompiledRule } from '../mapping/rule.ts';
import type { BridgeOptions } from '../schema.ts';
import { type Confirm, createGate } from './acknowledged.ts';
import { confirmByJetStream } from './confirm-jetstream.ts';
import { confirmByFlush } from './confirm-nats.ts';
import type { EgressDeps } from './egress.ts';
import type { Outbox } from './outbox.ts';
import { Spool } from './spool.ts';

export interface ConfirmsDeps {
  readonly nats: NatsLink;
  readonly clock: Clock;
  readonly events: Events;
  readonly outbox: Outbox | undefined;
}

/** The gates of rules that acknowledge late, and what they share. */
export class Confirms {
  readonly #options: BridgeOptions;
  readonly #deps: ConfirmsDeps;
  readonly #flushed: Confirm;
  readonly #idOf = createMessageIds();
  /** By the name of the rule: a rule that is changed goes on with what stands in its outbox. */
  readonly #spools = new Map<string, { readonly spool: Spool; users: number }>();
  #stored: Confirm | undefined;

  constructor(options: BridgeOptions, deps: ConfirmsDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#flushed = confirmByFlush(deps.nats, deps.clock, options.ackTimeout);
  }

  /** @returns undefined where the rule acknowledges at once. Else `leave` is to be called when the gate is gone. */
  gateOf(rule: CompiledRule, deps: EgressDeps): Gate | undefined {
    const { onUnsendable, ackTimeout } = this.#options;
    const { nats, clock } = this.#deps;
    if (rule.ack === 'local') return undefined;
    if (rule.ack === 'nats') return createGate(rule, { ...deps, onUnsendable, confirm: this.#spooled(rule.name) });
    this.#stored ??= confirmByJetStream(nats, clock, ackTimeout);
    return createGate(rule, { ...deps, onUnsendable, confirm: this.#stored, idOf: this.#idOf });
  }

  /** The gate of a rule is gone. */
  async leave({ name, ack }: CompiledRule, deadline: AbortSignal): Promise<void> {
    const found = ack === 'nats' ? this.#spools.get(name) : undefined;
    if (found === undefined) return;
    found.users -= 1;
    if (found.users > 0) return;
    this.#spools.delete(name);
    await found.spool.stop(deadline);
  }

  #spooled(rule: string): Confirm {
    const { outbox, nats, clock, events } = this.#deps;
    if (outbox === undefined) return this.#flushed;
    const found = this.#spools.get(rule);
    if (found !== undefined) {
      found.users += 1;
      return found.spool.send;
    }
    const timeoutMs = this.#options.ackTimeout;
    const spool = new Spool({ rule, confirm: this.#flushed, outbox, nats, clock, events, timeoutMs });
    this.#spools.set(rule, { spool, users: 1 });
    spool.start();
    return spool.send;
  }
}
