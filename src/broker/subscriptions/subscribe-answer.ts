import type { ConnectPacket } from '../../mqtt/connect.ts';
import { encodeSuback } from '../../mqtt/encode-suback.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { isBeyondLimits, isUnwelcome, type TopicLimits } from '../reserved-topics.ts';
import { toldReason } from '../told-reasons.ts';

/** Why a client does not get one subscription. */
export interface SubscribeRefusal {
  readonly reasonCode: number;
  /** As the client may be told. */
  readonly message: string;
}

/** @param reasonCode of the setting that says with what a denial is answered */
const notAllowed = (message: string, reasonCode: number = reasonCodes.notAuthorized): SubscribeRefusal => ({
  reasonCode,
  message,
});

export const subscribeFaults = {
  notAllowed,
  /** It was allowed until a moment ago. */
  revoked: (reasonCode: number): SubscribeRefusal => notAllowed('the rules have changed meanwhile', reasonCode),
  /** Whoever is asked did not answer. */
  undecided: {
    reasonCode: reasonCodes.implementationSpecificError,
    message: toldReason(reasonCodes.implementationSpecificError),
  },
  unwelcome: {
    reasonCode: reasonCodes.topicFilterInvalid,
    message: 'the filter has characters that limits.controlCharacters refuses',
  },
  tooLong: {
    reasonCode: reasonCodes.topicFilterInvalid,
    message: 'the filter is longer than limits.topicLength, or has more levels than limits.topicLevels',
  },
} as const;

/** Why nobody gets such a filter; undefined: somebody may. */
export function unfitness(filter: string, limits: TopicLimits): SubscribeRefusal | undefined {
  if (isBeyondLimits(filter, limits)) return subscribeFaults.tooLong;
  return isUnwelcome(filter, limits) ? subscribeFaults.unwelcome : undefined;
}

/** A SUBACK in the making: a code for each filter, in their order, and the words for the first that is refused. [MQTT 5, 3.9] */
export class SubscribeAnswer {
  readonly #codes: Uint8Array;
  #reason = '';

  constructor(count: number) {
    this.#codes = new Uint8Array(count);
  }

  granted(index: number, qos: number): void {
    this.#codes[index] = qos;
  }

  refused(index: number, { reasonCode, message }: SubscribeRefusal): void {
    this.#codes[index] = reasonCode;
    this.#reason ||= message;
  }

  refusedAll({ reasonCode, message }: SubscribeRefusal): void {
    this.#codes.fill(reasonCode);
    this.#reason = message;
  }

  /** The store did not take what was granted. @param filters those of the packet, in their order */
  failed(
    filters: Iterable<{ readonly filter: string }>,
    granted: ReadonlyMap<string, unknown>,
    reasonCode: number,
  ): void {
    const refusal = { reasonCode, message: toldReason(reasonCode) };
    for (const [index, { filter }] of [...filters].entries()) if (granted.has(filter)) this.refused(index, refusal);
  }

  /** The packet, in the dialect of the client. */
  frame(
    packetId: number,
    {
      version,
      wantsProblemInformation,
      maximumPacketSize,
    }: Pick<ConnectPacket, 'version' | 'wantsProblemInformation' | 'maximumPacketSize'>,
  ): Buffer {
    const reason = wantsProblemInformation ? this.#reason : '';
    return encodeSuback(version, packetId, this.#codes, reason, maximumPacketSize);
  }
}
