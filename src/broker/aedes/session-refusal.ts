import { StoreError } from '../../kernel/errors.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';

/** Why a session cannot begin. [MQTT 5, 3.2.2.2] */
export const refusalCode = (cause: unknown): number =>
  cause instanceof StoreError && cause.code === 'store-full'
    ? reasonCodes.quotaExceeded
    : reasonCodes.serverUnavailable;
