import { reasonCodes } from './reason-codes.ts';

/** Why a packet is not taken. An expected outcome, so it is returned and never thrown. */
export interface Refusal {
  readonly kind: 'refusal';
  /** MQTT 5 reason code, 0x80 or above; `answer.ts` puts it into the client's dialect. */
  readonly reasonCode: number;
  /**
   * The rule, in the numbering of MQTT 5: `MQTT-3.1.2-3`, or a section such as `3.1.2.11.3` where the rule has no
   * number. Rules that only MQTT 3.1.1 has start with `3.1.1 `. `limit` is a limit of this server.
   */
  readonly clause: string;
  /** What is wrong, in words. Holds no text of the client's, so it may be logged and sent. */
  readonly message: string;
}

export const refuse = (reasonCode: number, clause: string, message: string): Refusal => ({
  kind: 'refusal',
  reasonCode,
  clause,
  message,
});

/** The packet cannot be parsed: 0x81. [MQTT 5, 4.13.1] */
export const malformed = (clause: string, message: string): Refusal =>
  refuse(reasonCodes.malformedPacket, clause, message);

/** The packet parses and breaks a rule: 0x82. [MQTT 5, 4.13.1] */
export const protocolError = (clause: string, message: string): Refusal =>
  refuse(reasonCodes.protocolError, clause, message);

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal';
