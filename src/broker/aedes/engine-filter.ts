import type { EngineParsedPacket } from './engine-types.ts';

const sharedPrefix = '$share/';
/** No filter of a client begins like this: U+0000 is refused. [MQTT-1.5.4-2] */
const renamedPrefix = '\0share/';

/** The engine refuses shared subscriptions by their name, so it knows them by another. */
export const toEngineFilter = (filter: string): string =>
  filter.startsWith(sharedPrefix) ? renamedPrefix + filter.slice(sharedPrefix.length) : filter;

export const fromEngineFilter = (filter: string): string =>
  filter.startsWith(renamedPrefix) ? sharedPrefix + filter.slice(renamedPrefix.length) : filter;

export const isSharedInEngine = (filter: string): boolean => filter.startsWith(renamedPrefix);

/** Renames the shared filters of a SUBSCRIBE or UNSUBSCRIBE before the engine looks at them. */
export function renameFilters(packet: EngineParsedPacket): void {
  if (packet.cmd === 'subscribe')
    for (const subscription of packet.subscriptions ?? []) subscription.topic = toEngineFilter(subscription.topic);
  else if (packet.cmd === 'unsubscribe') packet.unsubscriptions = packet.unsubscriptions?.map(toEngineFilter);
}
