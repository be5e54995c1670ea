import { StoreError } from '../../kernel/errors.ts';
import type { TimerWheel } from '../../kernel/timer-wheel.ts';
import { PacketIdSet } from '../../mqtt/packet-id-set.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { Exchange, Store } from '../store-port.ts';

/** The QoS 2 messages of one client that it has not released. [MQTT-4.3.3-10] */
export interface Exchanges {
  /** What comes under this identifier is a repetition. Asked before `open`. @throws StoreError */
  isOpen(packetId: number): boolean | Promise<boolean>;
  /** A message under this identifier is to be published. @returns what is to be kept together with it */
  open(packetId: number): Exchange | undefined;
  /** The message was refused, which ends the exchange. [MQTT-4.3.3-9] */
  forget(packetId: number): Promise<void> | undefined;
  /** PUBREL. [MQTT-4.3.3-11] @returns the reason code of PUBCOMP; undefined when nobody waits for it any more */
  release(packetId: number): number | Promise<number | undefined>;
}

const released = (wasOpen: boolean): number => (wasOpen ? reasonCodes.success : reasonCodes.packetIdentifierNotFound);

/** Of a session that ends with its connection. */
export function memoryExchanges(): Exchanges {
  const ids = new PacketIdSet();
  return {
    isOpen: (packetId) => ids.has(packetId),
    open(packetId) {
      ids.add(packetId);
      return undefined;
    },
    forget(packetId) {
      ids.delete(packetId);
      return undefined;
    },
    release: (packetId) => released(ids.delete(packetId)),
  };
}

export interface StoreExchangesDeps {
  readonly store: Pick<Store, 'isOpen' | 'closeExchange'>;
  readonly wheel: TimerWheel;
  /** The connection has ended. */
  readonly isOver: () => boolean;
}

/** Milliseconds after which a store that did not answer is asked again. */
const retryMs = 1_000;

/**
 * Of a session that outlives its connection. While the store does not answer PUBREL is not answered either: a client that
 * uses an identifier again which the store holds open would have its next message taken for a repetition.
 */
export function storeExchanges(clientId: string, deps: StoreExchangesDeps): Exchanges {
  const { store } = deps;
  const isOpen = (packetId: number): Promise<boolean> => store.isOpen({ clientId, packetId });
  const close = (packetId: number): Promise<void> => store.closeExchange({ clientId, packetId });
  return {
    isOpen,
    open: (packetId) => ({ clientId, packetId }),
    forget: (packetId) => untilAnswered(deps, () => close(packetId)), // a store that failed may have opened it
    release: (packetId) =>
      untilAnswered(deps, async () => {
        const wasOpen = await isOpen(packetId);
        if (wasOpen) await close(packetId);
        return released(wasOpen);
      }),
  };
}

async function untilAnswered<T>({ wheel, isOver }: StoreExchangesDeps, ask: () => Promise<T>): Promise<T | undefined> {
  while (!isOver()) {
    try {
      return await ask();
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
    }
    await new Promise<void>((resolve) => wheel.add(retryMs, resolve));
  }
  return undefined;
}
