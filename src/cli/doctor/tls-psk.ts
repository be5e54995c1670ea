import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { readSecret } from '../../config/secrets.ts';
import type { SecretReference } from '../../kernel/schema.ts';
import { shellWord } from '../../kernel/shell-word.ts';
import { pskLines, splitPskLine } from '../../transport/tls/psk.ts';
import type { Io } from '../io.ts';
import type { PreSharedKey } from './tls-client.ts';
import type { Missing } from './tls-material.ts';

/** The first line `identity:key` of a listener's secret. Its key is in no command: a shell reads it where it stands. */
export async function readPreSharedKey(
  reference: SecretReference,
  { env, cwd }: Pick<Io, 'env' | 'cwd'>,
): Promise<PreSharedKey | Missing> {
  const read = await readSecret(reference, env);
  if ('problem' in read) return { missing: read.problem };
  const [[number, line] = [0, '']] = pskLines(read.secret);
  const { identity, key } = splitPskLine(line) ?? {};
  const where = 'env' in reference ? `the environment variable ${reference.env}` : resolve(cwd, reference.file);
  if (identity === undefined || key === undefined)
    return { missing: `${where} has no line identity:key, the key in hex` };
  const keyOfLine = `sed -n '${number}s/.*://p'`;
  const source =
    'env' in reference
      ? `printenv ${shellWord(reference.env)} | ${keyOfLine}`
      : `${keyOfLine} ${shellWord(resolve(cwd, reference.file))}`;
  return {
    identity,
    key,
    shellKey: `"$(${source} | tr -d '[:space:]')"`,
  };
}

/** A key that is made up, so that it may be shown. */
export function wrongKeyFor({ identity }: PreSharedKey): PreSharedKey {
  const key = randomBytes(32);
  return { identity, key, shellKey: key.toString('hex') };
}
