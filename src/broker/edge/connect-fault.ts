import type { ConnectPacket } from '../../mqtt/connect.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';
import { topicFault } from '../reserved-topics.ts';
import type { LimitsOptions } from '../schema.ts';

const authentication = refuse(
  reasonCodes.badAuthenticationMethod,
  'MQTT-4.12.0-1',
  'CONNECT asks for enhanced authentication, which is not served; leave out the Authentication Method',
);

/** What a CONNECT that is well formed asks for and cannot have. */
export function connectFault(
  { authenticationMethod, will }: ConnectPacket,
  limits: LimitsOptions,
): Refusal | undefined {
  if (authenticationMethod !== undefined) return authentication;
  return will === undefined ? undefined : topicFault(will.topic, limits);
}
