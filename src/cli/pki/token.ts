import type { Command } from 'commander';
import { patternProblem } from '../../enrollment/patterns.ts';
import { tokenFile } from '../../enrollment/token-file.ts';
import { type Token, tokenState } from '../../enrollment/tokens.ts';
import { isoTime } from '../../kernel/clock.ts';
import { dayMs, formatDuration, parseDuration } from '../../kernel/duration.ts';
import { AppError } from '../../kernel/errors.ts';
import { repeatable } from '../config-options.ts';
import { type Io, printJson, printLine } from '../io.ts';
import { addPkiOptions, lifetimeMs, lifetimeOption, openPki, type PkiOptions } from './options.ts';
import { table } from './report.ts';

interface CreateOptions extends PkiOptions {
  readonly for: string;
  readonly name: readonly string[];
  readonly expires: string;
  readonly lifetime?: string;
}

/** `pki token create|list|revoke`: tokens by which devices enroll. */
export function addTokenCommand(pki: Command, io: Io): void {
  const token = pki.command('token').description('one-time tokens by which devices ask for their first certificate');
  const create = token
    .command('create')
    .description('make a token that one device may use once; it is shown now and never again')
    .requiredOption('--for <name>', 'common name of the device; * stands for any characters, e.g. "pump-*"')
    .addOption(
      repeatable(
        '--name <pattern>',
        'alternative names it may ask for: DNS:…, IP:…, email:… or URI:…, * allowed; may be given again',
      ),
    )
    .option('--expires <duration>', 'how long the token counts, at most 365d', '1h')
    .addOption(lifetimeOption('the longest life of the certificate (default: enrollment.maxLifetime)'));
  addPkiOptions(create).action((options: CreateOptions) => createToken(io, options));
  addPkiOptions(token.command('list').description('list the tokens and what became of them')).action(
    (options: PkiOptions) => listTokens(io, options),
  );
  addPkiOptions(
    token
      .command('revoke')
      .description('take a token back before it is used')
      .argument('<id>', 'the eight characters before the dot'),
  ).action((id: string, options: PkiOptions) => revokeToken(io, id, options));
}

const maxExpiresMs = 365 * dayMs;

async function createToken(io: Io, options: CreateOptions): Promise<void> {
  for (const [option, text] of [
    ['--for', options.for] as const,
    ...options.name.map((name) => ['--name', name] as const),
  ]) {
    const problem = patternProblem(text);
    if (problem !== undefined) throw new AppError('usage', `${option}: ${problem}`);
  }
  const expiresMs = parseDuration(options.expires);
  if (expiresMs === undefined || expiresMs < 1_000 || expiresMs > maxExpiresMs)
    throw new AppError('usage', `--expires: "${options.expires}" is not allowed; write 1s to 365d, e.g. 1h`);
  const { folder } = await openPki(options, io);
  const { now, by } = folder.options;
  const { text, token } = await tokenFile(folder.options.directory, now).create({
    commonName: options.for,
    names: options.name,
    createdBy: by,
    expiresAt: now() + expiresMs,
    ...(options.lifetime === undefined ? {} : { maxLifetimeMs: lifetimeMs(options.lifetime) }),
  });
  if (options.json === true) printJson(io.stdout, { ...tokenJson(token, now()), token: text });
  else {
    printLine(
      io.stderr,
      `one device "${token.commonName}" may use this once, until ${isoTime(token.expiresAt)}; it is not shown again`,
    );
    printLine(io.stdout, text);
  }
}

async function listTokens(io: Io, options: PkiOptions): Promise<void> {
  const { folder } = await openPki(options, io);
  const { directory, now } = folder.options;
  const tokens = await tokenFile(directory, now).read();
  if (options.json === true) printJson(io.stdout, { tokens: tokens.map((token) => tokenJson(token, now())) });
  else if (tokens.length === 0) printLine(io.stdout, 'no tokens');
  else
    printLine(
      io.stdout,
      table([
        ['ID', 'STATE', 'EXPIRES', 'CREATED BY', 'FOR', 'USED FOR'],
        ...tokens.map((token) => [
          token.id,
          tokenState(token, now()),
          isoTime(token.expiresAt),
          token.createdBy,
          token.commonName,
          token.usedFor ?? '-',
        ]),
      ]),
    );
}

async function revokeToken(io: Io, id: string, options: PkiOptions): Promise<void> {
  const { folder } = await openPki(options, io);
  const { directory, now } = folder.options;
  const tokens = tokenFile(directory, now);
  const token = await tokens.revoke(id.slice(0, 8));
  if (token === undefined)
    throw new AppError(
      'verification-failed',
      `there is no token ${id.slice(0, 8)} in ${tokens.path}; see viaduct pki token list`,
    );
  if (token.usedAt !== undefined)
    throw new AppError(
      'verification-failed',
      `token ${token.id} was used on ${isoTime(token.usedAt)} for "${token.usedFor}"; to undo that revoke the certificate: viaduct pki revoke`,
    );
  if (options.json === true) printJson(io.stdout, tokenJson(token, now()));
  else printLine(io.stdout, `token ${token.id} counts no longer`);
}

/** What programs read; neither the token nor its hash. */
const tokenJson = (token: Token, now: number) => ({
  id: token.id,
  state: tokenState(token, now),
  for: token.commonName,
  names: token.names,
  ...(token.maxLifetimeMs === undefined ? {} : { maxLifetime: formatDuration(token.maxLifetimeMs) }),
  createdAt: isoTime(token.createdAt),
  createdBy: token.createdBy,
  expiresAt: isoTime(token.expiresAt),
  ...(token.usedAt === undefined ? {} : { usedAt: isoTime(token.usedAt), usedFor: token.usedFor }),
  ...(token.revokedAt === undefined ? {} : { revokedAt: isoTime(token.revokedAt) }),
});
