import { uint32At } from './fields.ts';
import { excessFault } from './fixed-header.ts';
import { headerLength } from './frame.ts';
import { findProperty, propertiesEnd, propertiesStart } from './properties.ts';
import { clientProperties, propertyIds } from './property-table.ts';
import { reasonCodes } from './reason-codes.ts';
import { protocolError, type Refusal } from './refusal.ts';
import type { ProtocolVersion } from './version.ts';

/** What a client says when it leaves. */
export interface DisconnectPacket {
  /** 0 is a normal disconnection: the will is discarded. [MQTT-3.14.4-3] */
  readonly reasonCode: number;
  /**
   * Replaces the one of CONNECT when present. Whether it may is for the connection to say: it is a protocol error
   * above 0 where CONNECT said 0. [MQTT 5, 3.14.2.2.2]
   */
  readonly sessionExpirySeconds: number | undefined;
}

/** The reason codes that Table 3-10 lets a client send. [MQTT-3.14.2-1] */
const clientCodes: ReadonlySet<number> = new Set([
  reasonCodes.success,
  reasonCodes.disconnectWithWillMessage,
  reasonCodes.unspecifiedError,
  reasonCodes.malformedPacket,
  reasonCodes.protocolError,
  reasonCodes.implementationSpecificError,
  reasonCodes.topicNameInvalid,
  reasonCodes.receiveMaximumExceeded,
  reasonCodes.topicAliasInvalid,
  reasonCodes.packetTooLarge,
  reasonCodes.messageRateTooHigh,
  reasonCodes.quotaExceeded,
  reasonCodes.administrativeAction,
  reasonCodes.payloadFormatInvalid,
]);

/** Reads and checks a DISCONNECT from a client. [MQTT 5, 3.14] */
export function parseDisconnect(frame: Buffer, version: ProtocolVersion): DisconnectPacket | Refusal {
  const at = headerLength(frame);
  const normal = { reasonCode: reasonCodes.success, sessionExpirySeconds: undefined };
  // The reason code and the properties may be left out from the end. [MQTT 5, 3.14.2.1] [MQTT 5, 3.14.2.2.1]
  if (version !== 5 || at >= frame.length) return excessFault(frame, Math.min(at, frame.length)) ?? normal;
  const reasonCode = frame[at]!;
  if (!clientCodes.has(reasonCode))
    return protocolError(
      'MQTT-3.14.2-1',
      `0x${reasonCode.toString(16).padStart(2, '0')} is no reason code of DISCONNECT from a client`,
    );
  if (at + 1 === frame.length) return { ...normal, reasonCode };
  const end = propertiesEnd(frame, at + 1, clientProperties.disconnect);
  if (typeof end !== 'number') return end;
  const excess = excessFault(frame, end);
  if (excess !== undefined) return excess;
  const expiryAt = findProperty(frame, propertiesStart(frame, at + 1), end, propertyIds.sessionExpiryInterval);
  return { reasonCode, sessionExpirySeconds: expiryAt === -1 ? undefined : uint32At(frame, expiryAt) };
}
