import { packetIdEnd } from './acknowledgements.ts';
import { binaryEnd } from './fields.ts';
import { propertiesEnd } from './properties.ts';
import { clientProperties, type PropertySet } from './property-table.ts';
import { malformed, protocolError, type Refusal } from './refusal.ts';
import { isShared, topicFilterFault } from './topic-scan.ts';
import type { ProtocolVersion } from './version.ts';

const faults = {
  noFilterToSubscribe: protocolError('MQTT-3.8.3-2', 'SUBSCRIBE names no topic filter'),
  noFilterToUnsubscribe: protocolError('MQTT-3.10.3-2', 'UNSUBSCRIBE names no topic filter'),
  noOptions: malformed('4.13.1', 'the options of a subscription are missing'),
  qos: protocolError('3.8.3.1', 'a subscription asks for QoS 3'),
  qos3: malformed('3.1.1 MQTT-3.8.3-4', 'a subscription asks for QoS 3'),
  retainHandling: protocolError('3.8.3.1', 'a subscription has Retain Handling 3'),
  reserved: malformed('MQTT-3.8.3-5', 'a subscription has reserved bits set in its options'),
  reserved3: malformed('3.1.1 MQTT-3.8.3-4', 'a subscription has reserved bits set beside its QoS'),
  noLocal: protocolError('MQTT-3.8.3-4', 'a shared subscription has No Local set'),
} as const;

function optionsFault(options: number, version: ProtocolVersion, isSharedFilter: boolean): Refusal | undefined {
  if (version !== 5) {
    if ((options & 0xfc) !== 0) return faults.reserved3;
    return options === 3 ? faults.qos3 : undefined;
  }
  if ((options & 0xc0) !== 0) return faults.reserved;
  if ((options & 0x03) === 3) return faults.qos;
  if ((options & 0x30) === 0x30) return faults.retainHandling;
  return isSharedFilter && (options & 0x04) !== 0 ? faults.noLocal : undefined;
}

/** The offset behind packet identifier and properties. */
function payloadStart(frame: Buffer, version: ProtocolVersion, allowed: PropertySet): number | Refusal {
  const at = packetIdEnd(frame);
  return typeof at === 'number' && version === 5 ? propertiesEnd(frame, at, allowed) : at;
}

/** Checks the filters from `start` to the end of the packet, each with its options where `hasOptions`. */
function filtersFault(
  frame: Buffer,
  start: number,
  version: ProtocolVersion,
  hasOptions: boolean,
): Refusal | undefined {
  let at = start;
  while (at < frame.length) {
    const end = binaryEnd(frame, at, frame.length, 'a topic filter');
    if (typeof end !== 'number') return end;
    const filterFault = topicFilterFault(frame, at + 2, end);
    if (filterFault !== undefined) return filterFault;
    if (hasOptions) {
      if (end === frame.length) return faults.noOptions;
      const fault = optionsFault(frame[end]!, version, isShared(frame, at + 2, end));
      if (fault !== undefined) return fault;
    }
    at = hasOptions ? end + 1 : end;
  }
  return undefined;
}

/** Checks a SUBSCRIBE. [MQTT 5, 3.8] */
export function validateSubscribe(frame: Buffer, version: ProtocolVersion): Refusal | undefined {
  const start = payloadStart(frame, version, clientProperties.subscribe);
  if (typeof start !== 'number') return start;
  return start === frame.length ? faults.noFilterToSubscribe : filtersFault(frame, start, version, true);
}

/** Checks an UNSUBSCRIBE. [MQTT 5, 3.10] */
export function validateUnsubscribe(frame: Buffer, version: ProtocolVersion): Refusal | undefined {
  const start = payloadStart(frame, version, clientProperties.unsubscribe);
  if (typeof start !== 'number') return start;
  return start === frame.length ? faults.noFilterToUnsubscribe : filtersFault(frame, start, version, false);
}
