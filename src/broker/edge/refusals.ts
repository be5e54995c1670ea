import { connackRefusal, disconnectFor } from '../../mqtt/answer.ts';
import { type ConnectPacket, requestedVersion } from '../../mqtt/connect.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';

/** What the edge itself refuses; all else is refused by who reads the packets. */
export const edgeFaults = {
  connackTooLarge: refuse(
    reasonCodes.packetTooLarge,
    'MQTT-3.1.2-24',
    'CONNACK is larger than the Maximum Packet Size in CONNECT, also without what can be left out; allow larger packets',
  ),
  answerTooLarge: refuse(
    reasonCodes.packetTooLarge,
    'MQTT-3.1.2-24',
    'the answer is larger than the Maximum Packet Size in CONNECT; name fewer topic filters at once, or allow larger packets',
  ),
} as const;

/**
 * A refusal in the client's dialect.
 * @param connect undefined where it could not be read
 * @param frame the packet that is refused, or the start of it
 * @returns undefined where the client must not be told, or would not understand it
 */
export function answerTo(
  refusal: Refusal,
  connect: ConnectPacket | undefined,
  isAccepted: boolean,
  frame: Buffer | undefined,
): Buffer | undefined {
  if (connect === undefined) {
    const version = frame === undefined ? undefined : requestedVersion(frame);
    return version === undefined ? undefined : connackRefusal(version, refusal);
  }
  const { version, wantsProblemInformation, maximumPacketSize } = connect;
  if (!isAccepted) return connackRefusal(version, refusal, maximumPacketSize);
  return version === 5 ? disconnectFor(refusal, wantsProblemInformation, maximumPacketSize) : undefined;
}
