import type { ConnectPacket } from '../../mqtt/connect.ts';
import { encodeAcknowledgement } from '../../mqtt/encode-acknowledgement.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { Qos } from '../../plane/message.ts';

export interface AnswerHost {
  readonly connect: Pick<ConnectPacket, 'version' | 'wantsProblemInformation' | 'maximumPacketSize'>;
  /** See `EdgePort.notice`. */
  notice: string;
}

/** PUBACK or PUBREC. What the client is to be told stands in one that has nothing to say itself. */
export function publishAnswer(
  host: AnswerHost,
  qos: Qos,
  packetId: number,
  reasonCode: number,
  reason: string,
): Buffer {
  const { version, wantsProblemInformation, maximumPacketSize } = host.connect;
  let said = reason;
  if (said === '' && host.notice !== '') {
    said = host.notice;
    host.notice = '';
  }
  return encodeAcknowledgement(
    qos === 1 ? 'puback' : 'pubrec',
    version,
    packetId,
    reasonCode,
    wantsProblemInformation ? said : '',
    maximumPacketSize,
  );
}

/** @param count of those who got the message */
export const codeFor = (count: number): number =>
  count === 0 ? reasonCodes.noMatchingSubscribers : reasonCodes.success;
