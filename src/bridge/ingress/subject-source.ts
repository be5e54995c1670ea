import type { LinkError } from '../../kernel/errors.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { bridgeSubscriptionForbidden } from '../events.ts';
import type { NatsMessage } from '../link.ts';
import type { CompiledRule } from '../mapping/rule.ts';
import type { Holder, IntakeKey, Intakes } from './intakes.ts';
import type { RuleSource } from './source.ts';

/** Messages that are published at NATS from now on: those of core NATS. */
export function subjectSource(
  rule: CompiledRule,
  { intakes, events }: { readonly intakes: Intakes; readonly events: Events },
  receive: (message: NatsMessage) => void,
): RuleSource {
  const keys: readonly IntakeKey[] = rule.subjectFilters.map((subject) => ({ subject, queue: rule.queue }));
  let forbidden: LinkError | undefined;
  const holder: Holder = {
    onForbidden(error) {
      forbidden ??= error;
      events.emit(bridgeSubscriptionForbidden, { rule: rule.name, error: error.message });
    },
  };
  return {
    inFlight: undefined,
    hold() {
      for (const key of keys) intakes.hold(key, holder);
    },
    check: () => (forbidden === undefined ? Promise.resolve() : Promise.reject(forbidden)),
    begin() {
      for (const key of keys) intakes.receive(key, receive);
    },
    end() {
      for (const key of keys) {
        intakes.ignore(key, receive);
        intakes.release(key, holder);
      }
    },
    ended: () => Promise.resolve(),
  };
}
