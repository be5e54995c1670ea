import { StoreError } from '../../kernel/errors.ts';
import type { TimerWheel } from '../../kernel/timer-wheel.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { PacketKey, SessionRef, SessionStore } from '../session-store.ts';

export interface ReleaseDeps {
  readonly store: Pick<SessionStore, 'incomingGetPacket' | 'incomingDelPacket'>;
  readonly wheel: TimerWheel;
}

/** Milliseconds after which a store that did not answer is asked again. */
const retryMs = 1_000;

/**
 * PUBREL: the packet identifier is free again. [MQTT-4.3.3-11] While the store does not answer, neither do we: a client
 * that uses an identifier again which the store holds open would have its next message taken for a repetition.
 *
 * @param isWanted false when the connection has ended
 * @returns the reason code of PUBCOMP; undefined when it is not wanted any more
 */
export const releaseInbound = (
  deps: ReleaseDeps,
  session: SessionRef,
  packet: PacketKey,
  isWanted: () => boolean,
): Promise<number | undefined> =>
  untilAnswered(deps, isWanted, async () => {
    if (!(await isOpen(deps.store, session, packet))) return reasonCodes.packetIdentifierNotFound;
    await deps.store.incomingDelPacket(session, packet);
    return reasonCodes.success;
  });

/** The message was refused, which ends the exchange [MQTT-4.3.3-9]; a store that failed may have opened it. */
export const forgetInbound = (
  deps: ReleaseDeps,
  session: SessionRef,
  packet: PacketKey,
  isWanted: () => boolean,
): Promise<void | undefined> => untilAnswered(deps, isWanted, () => deps.store.incomingDelPacket(session, packet));

async function untilAnswered<T>(
  { wheel }: ReleaseDeps,
  isWanted: () => boolean,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  while (isWanted()) {
    try {
      return await ask();
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
    }
    await new Promise<void>((resolve) => wheel.add(retryMs, resolve));
  }
  return undefined;
}

function isOpen(store: ReleaseDeps['store'], session: SessionRef, packet: PacketKey): Promise<boolean> {
  return store.incomingGetPacket(session, packet).then(
    () => true,
    (cause: unknown) => {
      if (cause instanceof StoreError) throw cause;
      return false;
    },
  );
}
