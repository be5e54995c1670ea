import type { MatchedSubscription, StoredMessage } from '../store-port.ts';

/**
 * What the queue of a connected session says to a message that nobody can be asked to send more slowly: it waits, or its
 * sender tells when the queue has it. Undefined where the client is not connected, or keeps no queue. A promise, where
 * its sender keeps it until then: it waits, and that is kept when the queue has it.
 */
export type Admission = 'held' | Promise<void> | (() => void) | undefined;

/** Asks the client, if it is connected. @param targets subscriptions of this client. @param isKept by its sender */
export type Admit = (
  clientId: string,
  targets: readonly MatchedSubscription[],
  packet: StoredMessage,
  isKept: boolean,
) => Admission;

/** Which queues get a message now, and which when their client has caught up. */
export interface Admitted {
  readonly targets: readonly MatchedSubscription[];
  /** Client ids of those whose queue has it later. */
  readonly heldFor: ReadonlySet<string> | undefined;
  /** The queues have it, or cannot have it. */
  readonly settled: (() => void) | undefined;
}

/** For a message whose publisher waits until the queues have it. */
export const admittedAtOnce = (targets: readonly MatchedSubscription[]): Admitted => ({
  targets,
  heldFor: undefined,
  settled: undefined,
});

/** @param held filled with what its sender waits for, where it keeps the message */
export function admitted(
  targets: readonly MatchedSubscription[],
  packet: StoredMessage,
  admit: Admit,
  held: Promise<void>[] | undefined,
): Admitted {
  const heldFor = new Set<string>();
  const queuedBy: (() => void)[] = [];
  for (const clientId of new Set(targets.map((target) => target.clientId))) {
    const own = targets.filter((target) => target.clientId === clientId);
    const admission = admit(clientId, own, packet, held !== undefined);
    if (admission instanceof Promise) {
      admission.catch(() => undefined); // it may be broken before its sender looks
      held?.push(admission);
    }
    if (admission === 'held' || admission instanceof Promise) heldFor.add(clientId);
    else if (admission !== undefined) queuedBy.push(admission);
  }
  return {
    targets: targets.filter(({ clientId }) => !heldFor.has(clientId)),
    heldFor,
    settled: () => {
      for (const isQueued of queuedBy) isQueued();
    },
  };
}
