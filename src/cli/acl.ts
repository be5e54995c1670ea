import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type AccessExplanation, explainAccess } from '../auth/rules/explain.ts';
import { type Action, actions } from '../auth/rules/rule-options.ts';
import type { PeerTls } from '../broker/ports.ts';
import type { LoadedConfig } from '../config/compose.ts';
import { formatOrigin } from '../config/explain.ts';
import { requireConfig } from '../config/load.ts';
import { AppError, messageOf } from '../kernel/errors.ts';
import { topicFilterProblem, topicNameProblem } from '../mqtt/topic.ts';
import { peerCertificate } from '../transport/tls/peer.ts';
import { addConfigOptions, type ConfigOptions, loadInputOf } from './config-options.ts';
import { type Io, printJson, printLine } from './io.ts';

interface Options extends ConfigOptions {
  readonly clientId?: string;
  readonly listener?: string;
  readonly address: string;
  readonly group: readonly string[];
  readonly claim: readonly string[];
  readonly certificate?: string;
  readonly qos: '0' | '1' | '2';
  readonly retain?: true;
  readonly json?: true;
}

const collected = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `acl explain USER publish TOPIC`: what a client may do, and which rule says so. */
export function addAclCommand(program: Command, io: Io): void {
  const acl = program.command('acl').description('the rules of access');
  const command = acl.command('explain').description('tell whether a user may do something, and which rule decides');
  command
    .argument('<user>', 'user name')
    .argument('<action>', 'publish, subscribe or receive')
    .argument('<topic>', 'topic, or topic filter with subscribe');
  addConfigOptions(command)
    .option('--client-id <id>', 'client id; the user name where it is left out')
    .option('--listener <name>', 'listener that the client came to; the first where it is left out')
    .option('--address <address>', 'address that it came from', '127.0.0.1')
    .option('--group <name>', 'group that its provider names; may be repeated', collected, [])
    .option('--claim <name=value>', 'claim that it has; may be repeated', collected, [])
    .option('--certificate <file>', 'certificate that it shows, PEM; taken as one that verified')
    .addOption(new Option('--qos <qos>', 'of a message that is published').choices(['0', '1', '2']).default('0'))
    .option('--retain', 'the message is to be retained')
    .option('--json', 'print one JSON object')
    .action((user: string, action: string, topic: string, options: Options) =>
      explain(io, { user, action, topic }, options),
    );
}

interface Asked {
  readonly user: string;
  readonly action: string;
  readonly topic: string;
}

async function explain(io: Io, { user, action, topic }: Asked, options: Options): Promise<void> {
  const known = actions.find((one) => one === action);
  if (known === undefined)
    throw new AppError('usage', `"${action}" is no action; there are publish, subscribe and receive`);
  const problem = known === 'subscribe' ? topicFilterProblem(topic) : topicNameProblem(topic);
  if (problem !== undefined) throw new AppError('usage', `"${topic}": ${problem}`);
  const loaded = await requireConfig(loadInputOf(options, io));
  const { access, listeners } = loaded.config;
  const tls = options.certificate === undefined ? undefined : await tlsWith(resolve(io.cwd, options.certificate));
  const listener = options.listener ?? listeners[0]?.name ?? '';
  const explanation = explainAccess(
    access,
    {
      clientId: options.clientId ?? user,
      principal: user,
      trust: undefined,
      peer: { listener, protocol: tls === undefined ? 'mqtt' : 'mqtts', address: options.address, port: 0, tls },
      attributes: { groups: options.group, claims: claimsOf(options.claim) },
    },
    {
      action: known,
      topic,
      publishing: { qos: options.qos === '0' ? 0 : options.qos === '1' ? 1 : 2, isRetained: options.retain === true },
    },
  );
  if (options.json === true) printJson(io.stdout, { user, action, topic, ...explanation });
  else printLine(io.stdout, text(loaded, explanation, user, known, topic));
}

/** A connection with the certificate, of which rules know nothing more. @throws AppError usage */
async function tlsWith(file: string): Promise<PeerTls> {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(await readFile(file));
  } catch (cause) {
    throw new AppError('usage', `--certificate: ${file} has no certificate that can be read: ${messageOf(cause)}`);
  }
  const shown = peerCertificate(certificate.toLegacyObject(), () => certificate);
  return { version: 'TLSv1.3', cipher: '', servername: undefined, isResumed: false, certificate: shown };
}

/** A claim that is given several times is a list. */
function claimsOf(given: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const claims = new Map<string, string[]>();
  for (const claim of given) {
    const at = claim.indexOf('=');
    if (at < 1) throw new AppError('usage', `"${claim}" is no claim; write NAME=VALUE`);
    const name = claim.slice(0, at);
    claims.set(name, [...(claims.get(name) ?? []), claim.slice(at + 1)]);
  }
  return Object.fromEntries(claims);
}

function text(
  loaded: LoadedConfig,
  { isAllowed, asks, uncovered, decidedBy, passedOver }: AccessExplanation,
  user: string,
  action: Action,
  topic: string,
): string {
  const isAsked = asks.length > 0;
  const verdict = `${isAsked ? 'asked' : isAllowed ? 'allowed' : 'denied'}  user "${user}" ${action} "${topic}"`;
  const because =
    uncovered === undefined
      ? []
      : [`it would bring "${uncovered}" as well, which ${isAsked ? 'no rule speaks of' : 'is not allowed'}`];
  const by = isAsked
    ? `no rule decides, so ${asks.join(', and then ')} is asked`
    : deciding(loaded, isAllowed, decidedBy);
  return [verdict, ...because, by, ...passedOver.map(passed(loaded))].join('\n');
}

function deciding(loaded: LoadedConfig, isAllowed: boolean, decidedBy: number | undefined): string {
  if (decidedBy !== undefined) return `by ${placeOf(loaded, decidedBy)}`;
  if (loaded.config.access.rules.length === 0) return 'there are no rules: everything is allowed';
  return isAllowed ? 'no rule denies any of it' : 'no rule allows it';
}

const passed =
  (loaded: LoadedConfig) =>
  ({ order, why }: { readonly order: number; readonly why: string }): string =>
    `    not ${placeOf(loaded, order)}: ${why}`;

/** `access.rules[2] (viaduct.yaml:14:7)`. */
function placeOf({ origins }: LoadedConfig, order: number): string {
  const path = `access.rules[${order}]`;
  const origin = [...origins].find(([name, { kind }]) => name.startsWith(`${path}.`) && kind !== 'default')?.[1];
  return origin === undefined ? path : `${path} (${formatOrigin(origin)})`;
}
