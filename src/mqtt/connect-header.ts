import { fieldText, qosOf, textEnd, uint16At } from './fields.ts';
import { flagsFault } from './fixed-header.ts';
import { headerLength, isPadded } from './frame.ts';
import { packetTypeOf, packetTypes } from './packet-type.ts';
import { reasonCodes } from './reason-codes.ts';
import { malformed, protocolError, type Refusal, refuse } from './refusal.ts';
import type { ProtocolVersion } from './version.ts';

/** The start of a CONNECT, which all versions share. */
export interface ConnectHeader {
  readonly version: ProtocolVersion;
  /** It is another broker: bit 7 of the protocol level, by which bridges make themselves known before MQTT 5. */
  readonly isBridge: boolean;
  readonly hasUsername: boolean;
  readonly hasPassword: boolean;
  readonly hasWill: boolean;
  readonly isWillRetained: boolean;
  readonly willQos: 0 | 1 | 2;
  readonly isCleanStart: boolean;
  readonly keepAliveSeconds: number;
  /** Offset behind the keep alive: of the properties in MQTT 5, of the client identifier before. */
  readonly end: number;
}

const flag = {
  username: 0x80,
  password: 0x40,
  willRetain: 0x20,
  will: 0x04,
  cleanStart: 0x02,
  reserved: 0x01,
} as const;

const faults = {
  notConnect: protocolError('MQTT-3.1.0-1', 'the first packet is not a CONNECT'),
  cut: malformed('4.13.1', 'CONNECT is cut short'),
  padded: malformed('MQTT-1.5.5-1', 'the remaining length of CONNECT takes more bytes than it needs'),
  reserved: malformed('MQTT-3.1.2-3', 'CONNECT has its reserved flag set'),
  willQos: malformed('MQTT-3.1.2-12', 'CONNECT asks for QoS 3 for its will'),
  willQosAlone: malformed('MQTT-3.1.2-11', 'CONNECT has a will QoS and no will'),
  willRetainAlone: malformed('MQTT-3.1.2-13', 'CONNECT has Will Retain set and no will'),
  passwordAlone: malformed('3.1.1 MQTT-3.1.2-22', 'CONNECT has a password and no user name'),
} as const;

const unsupported = (clause: string, message: string): Refusal =>
  refuse(reasonCodes.unsupportedProtocolVersion, clause, message);

const bridgeBit = 0x80;

/** MQTT 3.1 calls itself MQIsdp; the later ones are told apart by their level. [MQTT-3.1.2-1] [MQTT-3.1.2-2] */
function versionOf(name: string, level: number): ProtocolVersion | Refusal {
  if (name === 'MQIsdp') {
    if ((level & ~bridgeBit) === 3) return 3;
    return unsupported('MQTT-3.1.2-2', `protocol level ${level} of MQIsdp is not known; use 3`);
  }
  if (name !== 'MQTT') return unsupported('MQTT-3.1.2-1', 'the protocol name is neither MQTT nor MQIsdp');
  if ((level & ~bridgeBit) === 4) return 4;
  if (level === 5) return 5;
  return unsupported('MQTT-3.1.2-2', `protocol level ${level} of MQTT is not known; use 4 or 5`);
}

const willQosOf = (flags: number): 0 | 1 | 2 | undefined => qosOf((flags >> 3) & 3);

function connectFlagsFault(flags: number, version: ProtocolVersion): Refusal | undefined {
  if ((flags & flag.reserved) !== 0) return faults.reserved;
  const willQos = willQosOf(flags);
  if (willQos === undefined) return faults.willQos;
  const hasWill = (flags & flag.will) !== 0;
  if (!hasWill && willQos !== 0) return faults.willQosAlone;
  if (!hasWill && (flags & flag.willRetain) !== 0) return faults.willRetainAlone;
  const isPasswordAlone = (flags & (flag.username | flag.password)) === flag.password;
  return version !== 5 && isPasswordAlone ? faults.passwordAlone : undefined;
}

/** Checks the first byte of a connection. */
export const connectStartFault = (first: number): Refusal | undefined =>
  first >> 4 === packetTypes.connect ? flagsFault(first) : faults.notConnect;

/** Bytes from the start of a CONNECT to its protocol level, at most: the fixed header and `MQIsdp`. */
export const connectStartBytes = 5 + 8 + 1;

/** Reads and checks a CONNECT up to its keep alive. [MQTT 5, 3.1.2] */
export function parseConnectHeader(frame: Buffer): ConnectHeader | Refusal {
  const headerFault = connectStartFault(frame[0] ?? 0);
  if (headerFault !== undefined) return headerFault;
  const nameAt = headerLength(frame);
  const nameEnd = textEnd(frame, nameAt, frame.length, 'the protocol name');
  if (typeof nameEnd !== 'number') return nameEnd;
  if (nameEnd >= frame.length) return faults.cut;
  const version = versionOf(fieldText(frame, nameAt, nameEnd), frame[nameEnd]!);
  if (typeof version !== 'number') return version;
  if (version === 5 && isPadded(frame)) return faults.padded;
  const end = nameEnd + 4;
  if (end > frame.length) return faults.cut;
  const flags = frame[nameEnd + 1]!;
  const flagFault = connectFlagsFault(flags, version);
  if (flagFault !== undefined) return flagFault;
  return {
    version,
    isBridge: version !== 5 && (frame[nameEnd]! & bridgeBit) !== 0,
    hasUsername: (flags & flag.username) !== 0,
    hasPassword: (flags & flag.password) !== 0,
    hasWill: (flags & flag.will) !== 0,
    isWillRetained: (flags & flag.willRetain) !== 0,
    willQos: willQosOf(flags) ?? 0,
    isCleanStart: (flags & flag.cleanStart) !== 0,
    keepAliveSeconds: uint16At(frame, nameEnd + 2),
    end,
  };
}

/**
 * The dialect to refuse a CONNECT in, however wrong the rest of it is: MQTT 5 for levels from 5 up, MQTT 3.1.1 below.
 * Bit 7 of the level, which bridges set, does not count.
 * @param frame a CONNECT or the start of one
 * @returns undefined when the packet is no CONNECT or not even its level can be read
 */
export function requestedVersion(frame: Buffer): ProtocolVersion | undefined {
  if (packetTypeOf(frame) !== packetTypes.connect) return undefined;
  const nameAt = headerLength(frame);
  const nameEnd = textEnd(frame, nameAt, frame.length, 'the protocol name');
  if (typeof nameEnd !== 'number' || nameEnd >= frame.length) return undefined;
  const name = fieldText(frame, nameAt, nameEnd);
  if (name === 'MQIsdp') return 3;
  if (name !== 'MQTT') return undefined;
  return (frame[nameEnd]! & ~bridgeBit) >= 5 ? 5 : 4;
}
