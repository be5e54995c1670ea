import { messageOf } from '../../kernel/errors.ts';
import type { Telemetry } from '../../kernel/telemetry-ports.ts';
import type { TimerWheel } from '../../kernel/timer-wheel.ts';
import type { ConnectPacket } from '../../mqtt/connect.ts';
import type { Message } from '../../plane/message.ts';
import { engineFailed } from '../events.ts';
import type { Publisher } from '../publish/publisher.ts';
import { StoredPublish } from '../publish/stored-publish.ts';
import type { Store, StoredMessage, StoredWill } from '../store-port.ts';
import type { PacketReader } from './packet-reader.ts';

export interface WillsDeps {
  readonly store: Pick<Store, 'wills' | 'takeWill' | 'session'>;
  readonly wheel: TimerWheel;
  readonly now: () => number;
  readonly telemetry: Telemetry;
  readonly isConnected: (clientId: string) => boolean;
  readonly publisher: Pick<Publisher, 'publishWill'>;
}

/** The will of a CONNECT as it is kept and published; undefined where it has none. */
export function willOf(
  frame: Buffer,
  { version, will }: ConnectPacket,
  reader: PacketReader,
): StoredMessage | undefined {
  if (will === undefined) return undefined;
  const read = reader.read(frame, version).will;
  if (read?.properties?.userProperties !== undefined) {
    read.properties.userPropertyList = will.userProperties; // in the order of the wire [MQTT-3.3.2-18]
    delete read.properties.userProperties;
  }
  return read;
}

/** Its delay is ours to obey and not the subscribers' to see. [MQTT-3.1.3-9] */
export const willMessage = (will: StoredMessage, clientId: string): Message =>
  new StoredPublish(will, { kind: 'client', clientId });

/**
 * Publishes the wills that an earlier run of this node left: its clients are gone, whatever ended it. Their delay goes
 * on where it was, and never beyond the end of the session. [MQTT-3.1.2-8] [MQTT-3.1.3-9]
 */
export async function publishWillsOfEarlierRun(deps: WillsDeps): Promise<void> {
  const wills: StoredWill[] = [];
  for await (const will of deps.store.wills()) wills.push(will);
  for (const will of wills) {
    const delayMs = await delayOf(will, deps);
    deps.wheel.add(delayMs, () => {
      publish(will, deps).catch((error: unknown) =>
        deps.telemetry.events.emit(engineFailed, { error: messageOf(error) }),
      );
    });
  }
}

async function delayOf(will: StoredWill, { store, now }: WillsDeps): Promise<number> {
  const delaySeconds = will.properties?.willDelayInterval ?? 0;
  if (will.publishAt !== undefined) return Math.min(delaySeconds * 1_000, Math.max(0, will.publishAt - now()));
  if (delaySeconds === 0) return 0;
  const session = await store.session(will.clientId);
  return Math.min(delaySeconds, session?.expirySeconds ?? 0) * 1_000;
}

async function publish(will: StoredWill, { store, isConnected, publisher }: WillsDeps): Promise<void> {
  const { clientId } = will;
  if (isConnected(clientId)) return; // it came back and has a will of its own, or none
  if ((await store.takeWill(clientId)) === undefined) return;
  const { principal = '', trust } = (await store.session(clientId)) ?? {};
  const client = { clientId, principal, trust, peer: undefined, attributes: undefined };
  await publisher.publishWill(willMessage(will, clientId), client);
}
