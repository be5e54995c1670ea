import { ConfigError } from '../../kernel/errors.ts';
import type { SecretReference } from '../../kernel/schema.ts';
import type { VerificationKey } from '../last-key-set.ts';
import { publicKeys, secretKey } from './keys.ts';
import type { JwtOptions } from './schema.ts';

/** What stands behind a reference, or in a file. */
type TextOf = (reference: SecretReference) => string;

interface KeyProblem {
  /** In `access.jwt`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Keys that the configuration itself names. @throws ConfigError where one cannot be used */
export function ownKeys(options: JwtOptions, textOf: TextOf): readonly VerificationKey[] {
  return readAll(options, textOf).flatMap(({ path, keys }) => {
    if (typeof keys !== 'string') return keys;
    throw new ConfigError('config-invalid', `access.jwt.${path[0]}: ${keys}`);
  });
}

/** Those that cannot be used, all of them. */
export const checkOwnKeys = (options: JwtOptions, textOf: TextOf): readonly KeyProblem[] =>
  readAll(options, textOf).flatMap(({ path, keys }) => (typeof keys === 'string' ? [{ path, message: keys }] : []));

interface ReadKeys {
  readonly path: KeyProblem['path'];
  readonly keys: readonly VerificationKey[] | string;
}

function readAll(
  { algorithms, secret, secretEncoding, publicKeys: files }: JwtOptions,
  textOf: TextOf,
): readonly ReadKeys[] {
  const shared = secret === undefined ? undefined : secretKey(textOf(secret), secretEncoding, algorithms);
  return [
    ...(shared === undefined ? [] : [{ path: ['secret'], keys: typeof shared === 'string' ? shared : [shared] }]),
    ...files.map((file, index) => ({
      path: ['publicKeys', index],
      keys: publicKeys(textOf({ file }), file, algorithms),
    })),
  ];
}
