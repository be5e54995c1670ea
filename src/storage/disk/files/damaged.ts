import { StoreError } from '../../../kernel/errors.ts';

/** @param what is wrong, as a sentence without its end. */
export const damaged = (what: string, cause?: unknown): StoreError =>
  new StoreError(
    'store-damaged',
    `${what}; the files are left as they are: restore them from a backup, or move the folder away to begin with an empty store`,
    { details: { what }, ...(cause === undefined ? {} : { cause }) },
  );

/** What is wrong, without what to do about it. */
export const faultIn = ({ details, message }: StoreError): string =>
  typeof details['what'] === 'string' ? details['what'] : message;
