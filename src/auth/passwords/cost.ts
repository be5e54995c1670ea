import type { Argon2Cost } from './hash.ts';
import type { PasswordsOptions } from './schema.ts';

/** The settings in the units of argon2. */
export const costOf = ({ memory, passes, lanes }: PasswordsOptions['argon2']): Argon2Cost => ({
  memoryKiB: memory / 1_024,
  passes,
  lanes,
});
