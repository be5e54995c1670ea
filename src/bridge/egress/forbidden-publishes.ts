import type { Events } from '../../kernel/telemetry-ports.ts';
import { bridgeDropped, bridgeForbiddenBegan } from '../events.ts';
import type { NatsLink } from '../link.ts';
import type { CompiledRule } from '../mapping/rule.ts';

export interface ForbiddenPublishesDeps {
  readonly nats: Pick<NatsLink, 'onForbidden' | 'state'>;
  readonly events: Events;
  /** Rules whose messages may have this subject. */
  readonly sendersTo: (subject: string) => readonly CompiledRule[];
}

/**
 * Counts by rule what NATS did not let us publish, whatever the rule acknowledges and when: the server says the subject,
 * and says it after the message has been sent.
 */
export function countForbidden({ nats, events, sendersTo }: ForbiddenPublishesDeps): void {
  const told = new Set<string>();
  let connection = 0;
  nats.onForbidden((subject) => {
    const { reconnects } = nats.state();
    if (reconnects !== connection) told.clear(); // the permissions may be others
    connection = reconnects;
    for (const { name: rule } of sendersTo(subject)) {
      events.emit(bridgeDropped, { rule, direction: 'to-nats', reason: 'forbidden' });
      if (!told.has(rule)) events.emit(bridgeForbiddenBegan, { rule, subject });
      told.add(rule);
    }
  });
}
