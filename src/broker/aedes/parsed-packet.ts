import type { ConnectPacket } from '../../mqtt/connect.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { EngineParsedPacket } from './engine-types.ts';

/** Makes a packet one that the engine understands as it is meant. */
export function correct(packet: EngineParsedPacket, { will }: ConnectPacket): EngineParsedPacket {
  const properties = packet.will?.properties;
  if (properties?.userProperties !== undefined && will !== undefined) {
    properties.userPropertyList = will.userProperties;
    delete properties.userProperties;
  }
  // the engine publishes the will for this code alone, and it belongs to every code but success [MQTT-3.14.4-3]
  if (packet.cmd === 'disconnect' && (packet.reasonCode ?? 0) !== reasonCodes.success)
    packet.reasonCode = reasonCodes.disconnectWithWillMessage;
  return packet;
}
