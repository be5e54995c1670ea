import { validateAcknowledgement } from './acknowledgements.ts';
import { parseDisconnect } from './disconnect.ts';
import { excessFault, flagsFault } from './fixed-header.ts';
import { headerLength } from './frame.ts';
import { packetName, packetTypeOf, packetTypes } from './packet-type.ts';
import { parsePublish, publishQos } from './publish.ts';
import { isRefusal, malformed, protocolError, type Refusal } from './refusal.ts';
import { validateSubscribe, validateUnsubscribe } from './subscribe.ts';
import type { ProtocolVersion } from './version.ts';

const { connect, publish, puback, pubrec, pubrel, pubcomp, subscribe, unsubscribe, pingreq, disconnect, auth } =
  packetTypes;

/**
 * Checks the first byte of a packet that a client sends after its CONNECT: its type and flags.
 * @returns undefined when the rest may come
 */
export function firstByteFault(first: number, version: ProtocolVersion): Refusal | undefined {
  const type = first >> 4;
  switch (type) {
    case publish: {
      const qos = publishQos(first);
      return isRefusal(qos) ? qos : undefined;
    }
    case puback:
    case pubrec:
    case pubrel:
    case pubcomp:
    case subscribe:
    case unsubscribe:
    case pingreq:
    case disconnect:
      return flagsFault(first);
    case connect:
      return protocolError('MQTT-3.1.0-2', 'a second CONNECT on one connection');
    case auth:
      if (version !== 5) return malformed('2.1.2', `packet type ${type} is reserved before MQTT 5`);
      return (
        flagsFault(first) ?? protocolError('MQTT-4.12.0-7', 'AUTH without an authentication method agreed in CONNECT')
      );
    case 0:
      return malformed('2.1.2', 'packet type 0 is reserved');
    default:
      return protocolError('2.1.2', `${packetName(type)} is sent by servers only`);
  }
}

/**
 * The same for a client that is not accepted yet, and named an Authentication Method: until CONNACK it may say nothing
 * but what the exchange needs. [MQTT-3.1.2-30]
 */
export function exchangeByteFault(first: number): Refusal | undefined {
  const type = first >> 4;
  if (type === auth || type === disconnect) return flagsFault(first);
  return protocolError(
    'MQTT-3.1.2-30',
    `${packetName(type)} before CONNACK, where CONNECT has an Authentication Method: only AUTH and DISCONNECT may come`,
  );
}

/**
 * Checks a packet that a client sent after its CONNECT. AUTH is for those alone who agreed on a method, whose connection
 * reads it itself. What depends on the state of the connection is left to it:
 * identifiers in use, quotas, topic aliases, session expiry.
 *
 * @param frame a whole packet as FrameCutter gives it
 * @returns undefined when the packet may go on
 */
export function validatePacket(frame: Buffer, version: ProtocolVersion): Refusal | undefined {
  const fault = firstByteFault(frame[0] ?? 0, version);
  return fault ?? bodyFault(frame, version);
}

function bodyFault(frame: Buffer, version: ProtocolVersion): Refusal | undefined {
  switch (packetTypeOf(frame)) {
    case publish: {
      const header = parsePublish(frame, version);
      return isRefusal(header) ? header : undefined;
    }
    case subscribe:
      return validateSubscribe(frame, version);
    case unsubscribe:
      return validateUnsubscribe(frame, version);
    case pingreq:
      return excessFault(frame, Math.min(headerLength(frame), frame.length));
    case disconnect: {
      const packet = parseDisconnect(frame, version);
      return isRefusal(packet) ? packet : undefined;
    }
    default:
      return validateAcknowledgement(frame, version);
  }
}
