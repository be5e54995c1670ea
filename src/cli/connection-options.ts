import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { type Command, Option } from 'commander';
import { withoutCredentials } from '../kernel/credentials.ts';
import { parseDuration } from '../kernel/duration.ts';
import { AppError, reasonOf, systemCode } from '../kernel/errors.ts';
import type { Qos } from '../plane/message.ts';
import type { Io } from './io.ts';
import type { ConnectionTarget } from './mqtt-client.ts';

/** Options that `pub` and `sub` share. */
export interface ConnectionOptions {
  readonly url: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: true;
  readonly mqttVersion: '3.1.1' | '5';
  readonly id?: string;
  readonly user?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly connectTimeout: string;
}

const defaultCa = 'certs/ca-chain.pem';
const protocols = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

/** The defaults reach a broker that was started with its defaults in the same folder. */
export const addConnectionOptions = (command: Command): Command =>
  command
    .option('--url <url>', 'mqtts://, mqtt://, wss:// or ws://; path of WebSocket: /mqtt', 'mqtts://localhost:8883')
    .option('--ca <file>', `PEM file of the CAs to trust (default: ./${defaultCa} where there is one)`)
    .option('--cert <file>', 'PEM file of the client certificate')
    .option('--key <file>', 'PEM file of its key')
    .option('--insecure', 'take any server certificate; for tests')
    .addOption(new Option('-V, --mqtt-version <version>', 'version of MQTT').choices(['3.1.1', '5']).default('5'))
    .option('-i, --id <client-id>', 'client id (default: a random one)')
    .option('-u, --user <name>', 'user name')
    .option('-P, --password <password>', 'password; other users of this machine may see it, --password-file hides it')
    .option('--password-file <file>', 'file that holds the password')
    .option('--connect-timeout <duration>', 'longest wait for the answer to CONNECT', '10s');

/** Option `-q`. */
export const qosOption = (description: string): Option =>
  new Option('-q, --qos <qos>', description).choices(['0', '1', '2']).default('0');

export const qosOfOption = (text: string): Qos => (text === '2' ? 2 : text === '1' ? 1 : 0);

export const usage = (message: string): AppError => new AppError('usage', message);

/** Milliseconds of an option such as `10s`. @throws AppError usage */
export function durationOf(text: string, option: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1 || ms > 2_147_483_647)
    throw usage(`${option}: "${text}" is not a duration; write a number and ms, s, m, h or d, e.g. 10s, at most 24d`);
  return ms;
}

/** Reads what the options name. @throws AppError usage */
export async function connectionTarget(options: ConnectionOptions, io: Io): Promise<ConnectionTarget> {
  const url = parseUrl(options.url);
  if ((options.cert === undefined) !== (options.key === undefined))
    throw usage('--cert and --key go together: the certificate and its key');
  if (options.password !== undefined && options.passwordFile !== undefined)
    throw usage('--password and --password-file exclude each other');
  const read = (path: string, option: string): Promise<Buffer> => readOption(resolve(io.cwd, path), option);
  const text = async (path: string | undefined, option: string) =>
    path === undefined ? undefined : (await read(path, option)).toString();
  const isTls = url.protocol === 'mqtts:' || url.protocol === 'wss:';
  const trusted = isTls ? await trustedBy(options, io, read) : { trust: 'nobody' };
  const password = options.password ?? (await text(options.passwordFile, '--password-file'))?.replace(/\r?\n$/, '');
  const [cert, key] = isTls ? [await text(options.cert, '--cert'), await text(options.key, '--key')] : [];
  return {
    url: url.href,
    version: options.mqttVersion,
    clientId: options.id ?? `viaduct-cli-${randomBytes(4).toString('hex')}`,
    isInsecure: options.insecure === true,
    hasCertificate: cert !== undefined,
    timeoutMs: durationOf(options.connectTimeout, '--connect-timeout'),
    ...trusted,
    ...(options.user === undefined ? {} : { username: options.user }),
    ...(password === undefined ? {} : { password }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function parseUrl(text: string): URL {
  const shown = withoutCredentials(text);
  const advice = 'write e.g. mqtts://localhost:8883 or wss://localhost:8084/mqtt';
  if (!URL.canParse(text)) throw usage(`--url: "${shown}" is not a URL; ${advice}`);
  const url = new URL(text);
  if (!protocols.includes(url.protocol) || url.hostname === '')
    throw usage(`--url: "${shown}" is not for MQTT; ${advice}`);
  if (url.username !== '' || url.password !== '')
    throw usage('--url: leave user and password out of it; pass them with -u and --password-file');
  if (url.protocol.startsWith('ws') && url.pathname === '/') url.pathname = '/mqtt';
  return url;
}

/** The broker's own CA is trusted beside the public ones, so that other servers stay reachable from its folder. */
async function trustedBy(
  { ca }: ConnectionOptions,
  io: Io,
  read: (path: string, option: string) => Promise<Buffer>,
): Promise<{ ca?: readonly string[]; trust: string }> {
  if (ca !== undefined) return { ca: [(await read(ca, '--ca')).toString()], trust: ca };
  try {
    const own = await readFile(resolve(io.cwd, defaultCa), 'utf8');
    return { ca: [...rootCertificates, own], trust: `./${defaultCa} or a public CA` };
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw usage(`./${defaultCa} cannot be read: ${reasonOf(cause)}`);
    return { trust: 'a public CA' };
  }
}

/** @throws AppError usage, saying which option named the file */
export async function readOption(path: string, option: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new AppError('usage', `${option}: ${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
