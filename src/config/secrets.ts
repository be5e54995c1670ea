import { readFile } from 'node:fs/promises';
import { checkOwnKeys } from '../auth/tokens/own-keys.ts';
import type { SecretSources } from '../bridge/nats/resolved-options.ts';
import { ConfigError, reasonOf } from '../kernel/errors.ts';
import type { SecretReference } from '../kernel/schema.ts';
import { checkTurnSecrets, turnReferences } from '../signaling/turn/turn-secrets.ts';
import type { EnvironmentVariables } from './env.ts';
import type { Finding } from './messages.ts';
import { type ConfigPath, formatPath } from './path.ts';
import type { Config } from './schema.ts';

/** The configuration with everything it refers to already read: for `createApp`, never for printing. */
export type ResolvedConfig = Config & {
  /** Gives the text behind each reference as it was at the start, or reads it again. */
  readonly secrets: SecretSources;
  /** Of the CA keys; undefined where it is not given, or not to this program: only renewing needs it. */
  readonly certificatePassphrase: string | undefined;
};

export interface SecretPlace {
  readonly path: ConfigPath;
  readonly to: SecretReference;
}

/** All places of a configuration that refer to a secret. */
export function secretReferencesOf({ nats, listeners, store, access, metrics, signaling }: Config): SecretPlace[] {
  const references: SecretPlace[] = [];
  for (const name of ['password', 'token', 'nkey'] as const) {
    const to = nats[name];
    if (to !== undefined) references.push({ path: ['nats', name], to });
  }
  if (nats.creds !== undefined) references.push({ path: ['nats', 'creds'], to: { file: nats.creds } });
  for (const [index, { tickets }] of listeners.entries())
    if (tickets.secret !== undefined)
      references.push({ path: ['listeners', index, 'tickets', 'secret'], to: tickets.secret });
  for (const [index, { psk }] of listeners.entries())
    if (psk !== undefined) references.push({ path: ['listeners', index, 'psk', 'identities'], to: psk.identities });
  references.push(...accessReferences(access));
  const { password } = store.redis;
  if (password !== undefined) references.push({ path: ['store', 'redis', 'password'], to: password });
  const { token } = metrics.allow;
  if (token !== undefined) references.push({ path: ['metrics', 'allow', 'token'], to: token });
  const { turn } = signaling;
  for (const { path, to } of turn === undefined ? [] : turnReferences(turn))
    references.push({ path: ['signaling', 'turn', ...path], to });
  return references;
}

/** Files that providers of access go by are read like secrets: once, with the configuration. */
function accessReferences({ jwt, http }: Config['access']): SecretPlace[] {
  const at = (path: ConfigPath, to: SecretReference | undefined): SecretPlace[] =>
    to === undefined ? [] : [{ path: ['access', ...path], to }];
  const file = (path: ConfigPath, name: string | undefined): SecretPlace[] =>
    at(path, name === undefined ? undefined : { file: name });
  return [
    ...at(['jwt', 'secret'], jwt?.secret),
    ...(jwt?.publicKeys ?? []).flatMap((name, index) => file(['jwt', 'publicKeys', index], name)),
    ...file(['jwt', 'keySet', 'ca'], jwt?.keySet?.ca),
    ...(['authenticate', 'authorize'] as const).flatMap((question) => [
      ...at(['http', question, 'authorization'], http[question]?.authorization),
      ...file(['http', question, 'ca'], http[question]?.ca),
    ]),
  ];
}

/** Reads a secret. The line end that editors put after it is taken off. @returns the sentence that says what failed. */
export async function readSecret(
  reference: SecretReference,
  env: EnvironmentVariables,
): Promise<{ readonly secret: string } | { readonly problem: string }> {
  if ('env' in reference) {
    const secret = env[reference.env];
    if (secret !== undefined && secret !== '') return { secret };
    return { problem: `the environment variable ${reference.env} is not set; set it, or use { file: PATH }` };
  }
  try {
    const secret = (await readFile(reference.file, 'utf8')).replace(/\r?\n$/, '');
    return secret === '' ? { problem: `${reference.file} is empty; put the secret into it` } : { secret };
  } catch (cause) {
    return { problem: `${reference.file} cannot be read: ${reasonOf(cause)}` };
  }
}

/** Secrets that cannot be read, all of them. */
export async function checkSecrets(config: Config, env: EnvironmentVariables): Promise<Finding[]> {
  const findings: Finding[] = [];
  const texts = new Map<string, string>();
  for (const { path, to } of secretReferencesOf(config)) {
    const read = await readSecret(to, env);
    if ('problem' in read) findings.push({ path, message: read.problem });
    else texts.set(keyOf(to), read.secret);
  }
  if (findings.length > 0) return findings;
  const textOf = (reference: SecretReference): string => texts.get(keyOf(reference)) ?? '';
  const { access, signaling } = config;
  const tokens = access.jwt === undefined ? [] : checkOwnKeys(access.jwt, textOf);
  const turn = signaling.turn === undefined ? [] : checkTurnSecrets(signaling.turn, textOf);
  return [
    ...tokens.map(({ path, message }) => ({ path: ['access', 'jwt', ...path], message })),
    ...turn.map(({ path, message }) => ({ path: ['signaling', 'turn', ...path], message })),
  ];
}

const keyOf = (reference: SecretReference): string =>
  'env' in reference ? `env ${reference.env}` : `file ${reference.file}`;

/** Reads every secret that the configuration refers to. @throws ConfigError config-invalid */
export async function resolveSecrets(config: Config, env: EnvironmentVariables): Promise<ResolvedConfig> {
  const texts = new Map<string, string>();
  for (const { path, to } of secretReferencesOf(config)) {
    const read = await readSecret(to, env);
    if ('problem' in read) throw new ConfigError('config-invalid', `${formatPath(path)}: ${read.problem}`);
    texts.set(keyOf(to), read.secret);
  }
  const secret = (reference: SecretReference): string => {
    const text = texts.get(keyOf(reference));
    if (text !== undefined) return text;
    throw new ConfigError('config-invalid', `${keyOf(reference)} is not referred to in the configuration`);
  };
  const { passphrase } = config.certificates;
  const read = passphrase && (await readSecret(passphrase, env));
  const certificatePassphrase = read !== undefined && 'secret' in read ? read.secret : undefined;
  const again = async (reference: SecretReference): Promise<string> => {
    const text = await readSecret(reference, env);
    if ('secret' in text) return text.secret;
    throw new ConfigError('config-invalid', text.problem);
  };
  return { ...config, secrets: { secret, file: (file) => secret({ file }), again }, certificatePassphrase };
}
