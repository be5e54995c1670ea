import type { SecretReference } from '../../kernel/schema.ts';
import type { TurnOptions } from './turn-schema.ts';

interface TurnSecretProblem {
  /** In `signaling.turn`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Whoever has credentials can try secrets against them at home, so that a short one is soon found. */
const leastCharacters = 16;

/** Places of all references, with what they refer to. */
export const turnReferences = ({ secrets, keys }: TurnOptions) => [
  ...secrets.map(({ secret }, index) => ({ path: ['secrets', index, 'secret'], to: secret })),
  ...keys.map((to, index) => ({ path: ['keys', index], to })),
];

/** Secrets and keys that are too short. @param textOf what stands behind a reference */
export const checkTurnSecrets = (
  options: TurnOptions,
  textOf: (reference: SecretReference) => string,
): readonly TurnSecretProblem[] =>
  turnReferences(options).flatMap(({ path, to }) => {
    const { length } = textOf(to);
    if (length >= leastCharacters) return [];
    const message = `has ${length} characters; use ${leastCharacters} or more, as openssl rand -hex 32 makes them`;
    return [{ path, message }];
  });
