import { reasonCodes } from '../mqtt/reason-codes.ts';

/**
 * What a client is told with a code, where the whole reason is for the log: who it is and what is behind may not show in
 * it, so that it says the same of a user that does not exist and of a wrong password. The code alone says as much.
 */
const sentences: ReadonlyMap<number, string> = new Map([
  [reasonCodes.clientIdentifierNotValid, 'this client may not use this client id; choose another'],
  [reasonCodes.badAuthenticationMethod, 'this Authentication Method is not served here'],
  [reasonCodes.badUserNameOrPassword, 'the user name or the password is wrong'],
  [
    reasonCodes.notAuthorized,
    'this client is not allowed to connect with this client id and what it has shown of itself',
  ],
  [reasonCodes.banned, 'this client is kept out for a while or for good'],
  [reasonCodes.quotaExceeded, 'a limit of the broker or of this user is reached; try again later'],
  [reasonCodes.serverUnavailable, 'the broker cannot take this client now; try again later'],
  [reasonCodes.implementationSpecificError, 'the broker could not do this; try again later'],
  [reasonCodes.sessionTakenOver, 'another connection came with this client id'],
  [reasonCodes.serverShuttingDown, 'the broker shuts down; connect again'],
  [reasonCodes.administrativeAction, 'an administrator has ended this connection'],
]);

/** @returns `''` where there are no words for a code */
export const toldReason = (reasonCode: number): string => sentences.get(reasonCode) ?? '';
