import { StoreError } from '../../kernel/errors.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';

/** What a client is told when the store did not do what was asked; undefined when it did. */
export function storeFailure(asked: Promise<void>): Promise<number | undefined> {
  return asked.then(
    () => undefined,
    (cause: unknown) => {
      if (!(cause instanceof StoreError)) throw cause;
      return cause.code === 'store-full' ? reasonCodes.quotaExceeded : reasonCodes.implementationSpecificError;
    },
  );
}
