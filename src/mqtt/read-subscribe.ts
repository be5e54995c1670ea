import { packetIdEnd } from './acknowledgements.ts';
import { fieldText, qosOf, uint16At, variableAt } from './fields.ts';
import { findProperty, propertiesStart } from './properties.ts';
import { propertyIds } from './property-table.ts';
import type { ProtocolVersion } from './version.ts';

/** What a SUBSCRIBE asks for one filter. [MQTT 5, 3.8.3] */
export interface RequestedSubscription {
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** 0: retained messages with every SUBSCRIBE, 1: with the first, 2: never. [MQTT-3.3.1-9] to [MQTT-3.3.1-11] */
  readonly retainHandling: 0 | 1 | 2;
}

/** A packet with a list of filters, which are read one by one: there may be hundreds of thousands. */
export interface FilterList<T> {
  readonly packetId: number;
  /** How many there are. */
  readonly count: number;
  /** In the order of the packet; read anew each time. */
  readonly filters: Iterable<T>;
}

export interface SubscribePacket extends FilterList<RequestedSubscription> {
  /** Of all its subscriptions; 1 to 268,435,455. [MQTT-3.8.2-1] */
  readonly identifier: number | undefined;
}

/** @param frame that `validateSubscribe` has passed */
export function readSubscribe(frame: Buffer, version: ProtocolVersion): SubscribePacket {
  const { packetId, sectionStart, sectionEnd } = headOf(frame, version);
  const at = findProperty(frame, sectionStart, sectionEnd, propertyIds.subscriptionIdentifier);
  return {
    packetId,
    identifier: at === -1 ? undefined : variableAt(frame, at),
    count: countFrom(frame, sectionEnd, 1),
    filters: {
      *[Symbol.iterator]() {
        for (let start = sectionEnd; start < frame.length; ) {
          const end = start + 2 + uint16At(frame, start);
          yield requested(fieldText(frame, start, end), frame[end]!);
          start = end + 1;
        }
      },
    },
  };
}

/** @param frame that `validateUnsubscribe` has passed */
export function readUnsubscribe(frame: Buffer, version: ProtocolVersion): FilterList<string> {
  const { packetId, sectionEnd } = headOf(frame, version);
  return {
    packetId,
    count: countFrom(frame, sectionEnd, 0),
    filters: {
      *[Symbol.iterator]() {
        for (let start = sectionEnd; start < frame.length; ) {
          const end = start + 2 + uint16At(frame, start);
          yield fieldText(frame, start, end);
          start = end;
        }
      },
    },
  };
}

function headOf(frame: Buffer, version: ProtocolVersion) {
  const idEnd = packetIdEnd(frame);
  if (typeof idEnd !== 'number') throw new Error(`read before it was validated: ${idEnd.message}`);
  const packetId = uint16At(frame, idEnd - 2);
  if (version !== 5) return { packetId, sectionStart: idEnd, sectionEnd: idEnd };
  const sectionStart = propertiesStart(frame, idEnd);
  return { packetId, sectionStart, sectionEnd: sectionStart + variableAt(frame, idEnd) };
}

/** @param optionBytes behind each filter */
function countFrom(frame: Buffer, start: number, optionBytes: number): number {
  let count = 0;
  for (let at = start; at < frame.length; at += 2 + uint16At(frame, at) + optionBytes) count += 1;
  return count;
}

/** @param options their reserved bits are 0, before MQTT 5 all but the QoS */
function requested(filter: string, options: number): RequestedSubscription {
  return {
    filter,
    qos: qosOf(options & 0b11) ?? 0,
    noLocal: (options & 0b100) !== 0,
    retainAsPublished: (options & 0b1000) !== 0,
    retainHandling: qosOf((options >> 4) & 0b11) ?? 0,
  };
}
