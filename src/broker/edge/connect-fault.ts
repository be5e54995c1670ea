import type { ConnectPacket } from '../../mqtt/connect.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { type Refusal, refuse } from '../../mqtt/refusal.ts';
import { willFault } from '../offer-faults.ts';
import type { Offers } from '../offers-schema.ts';
import { isUnwelcome, topicFault } from '../reserved-topics.ts';
import type { LimitsOptions } from '../schema.ts';
import { isTooLong } from './connack-properties.ts';

/** What a CONNECT that is well formed asks for and cannot have. */
export function connectFault(
  { will, version, keepAliveSeconds, clientId, username }: ConnectPacket,
  limits: LimitsOptions,
  offers: Offers | undefined,
): Refusal | undefined {
  const { keepAlive } = limits;
  if (version !== 5 && keepAlive.before5 === 'refuse' && isTooLong(keepAliveSeconds, keepAlive))
    return keepAliveTooLong(keepAliveSeconds, keepAlive.max);
  if (isUnwelcome(clientId, limits)) return unwelcome(reasonCodes.clientIdentifierNotValid, 'client id');
  if (username !== undefined && isUnwelcome(username, limits))
    return unwelcome(reasonCodes.badUserNameOrPassword, 'user name');
  if (will === undefined) return undefined;
  return (offers && willFault(will, offers)) ?? topicFault(will.topic, limits);
}

const unwelcome = (reasonCode: number, what: string): Refusal =>
  refuse(
    reasonCode,
    'limit',
    `a ${what} with control characters, or code points that are no characters; limits.controlCharacters refuses them`,
  );

/** The return code is the one that mosquitto has for it; none of them says what is meant. */
const keepAliveTooLong = (seconds: number, max: number): Refusal =>
  refuse(
    reasonCodes.clientIdentifierNotValid,
    'limit',
    `a keep alive of ${seconds === 0 ? 'none' : `${seconds} s`}; limits.keepAlive.max allows ${max / 1_000} s, and before MQTT 5 nobody can be told (limits.keepAlive.before5)`,
  );
