import type { ConnectPacket } from '../../mqtt/connect.ts';
import { encodeAcknowledgement } from '../../mqtt/encode-acknowledgement.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import type { Qos } from '../../plane/message.ts';

export interface AnswerHost {
  readonly connect: Pick<ConnectPacket, 'version' | 'wantsProblemInformation' | 'maximumPacketSize'>;
  /** See `EdgePort.notice`. */
  notice: string;
}

/** What answers a PUBLISH at QoS 1 or 2. */
export const publishAnswerType = (qos: Qos): 'puback' | 'pubrec' => (qos === 1 ? 'puback' : 'pubrec');

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
    publishAnswerType(qos),
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
