import { StoreError } from '../../kernel/errors.ts';

/** @param what is wrong, as a sentence without its end. */
export const damaged = (what: string, cause?: unknown): StoreError =>
  new StoreError(
    'store-damaged',
    `${what}; the files are left as they are: restore them from a backup, or move the folder away to begin with an empty store`,
    cause === undefined ? {} : { cause },
  );
