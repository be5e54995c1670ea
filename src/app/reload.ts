import { readFile } from 'node:fs/promises';
import { type Change, changesOf, withoutRestart } from '../config/changes.ts';
import type { LoadedConfig, RefusedConfig } from '../config/compose.ts';
import { configFileOf, type LoadInput, loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { resolveSecrets } from '../config/secrets.ts';
import type { Clock } from '../kernel/clock.ts';
import { ConfigError, messageOf } from '../kernel/errors.ts';
import { fileWatch } from '../kernel/file-watch.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { App } from './create-app.ts';
import { configurationDoubtful, configurationNotTaken, configurationReloaded } from './events.ts';

export interface ReloadDeps {
  readonly app: Pick<App, 'reload'>;
  readonly events: Events;
  readonly clock: Clock;
}

/** Takes a changed configuration over while the program runs: when it is asked to, and when the file has changed. */
export interface Reload extends Component {
  /** One after the other. Never rejects: the log says what came of it. */
  request(): Promise<void>;
}

/** A file that was changed as the program started is looked at after this. */
const settleMs = 1_000;
/** More settings are not named in one line. */
const maxNamed = 20;

/**
 * The file is read and checked whole. What differs from the configuration that runs is taken over at once or by parts
 * that start anew, all of it or nothing; what needs a restart stays as it is until then.
 * @param started with what the program was started
 */
export function createReload(input: LoadInput, started: LoadedConfig, { app, events, clock }: ReloadDeps): Reload {
  let running = started;
  /** As it was read last; what of it needs a restart is not in `running`. */
  let seen = started;
  let work = Promise.resolve();

  const takeOver = async (isAsked: boolean): Promise<void> => {
    const read = accepted(await loadWhole(input));
    if (!isAsked && changesOf(seen, read).length === 0) return; // other words for the same
    const next = accepted(withoutRestart(running, read), 'with what needs a restart as it is, the rest does not fit');
    const taken = changesOf(running, next);
    const reasons = await app.reload(await resolveSecrets(next.config, input.env));
    [running, seen] = [next, read];
    await follow();
    events.emit(configurationReloaded, {
      taken: named(taken),
      waiting: [named(changesOf(next, read)), ...reasons].filter((text) => text !== '').join('; '),
    });
    for (const warning of next.warnings) events.emit(configurationDoubtful, { problem: formatProblem(warning) });
  };
  let told: string | undefined;
  const attempt = async (isAsked: boolean): Promise<void> => {
    try {
      await takeOver(isAsked);
      told = undefined;
    } catch (cause) {
      const problem = messageOf(cause);
      if (isAsked || problem !== told) events.emit(configurationNotTaken, { problem });
      told = problem;
    }
  };
  const inTurn = (isAsked: boolean): Promise<void> => (work = work.then(() => attempt(isAsked)));

  const file = configFileOf(input);
  const watch = file === undefined ? undefined : fileWatch(file, () => void inTurn(false), clock);
  let isWatching = false;
  let isStarted = false;
  let cancel = (): void => undefined;
  const follow = async (): Promise<void> => {
    const isWanted = isStarted && running.config.reload.watch;
    if (isWatching === isWanted) return;
    isWatching = isWanted;
    if (isWanted) await watch?.start();
    else watch?.stop();
  };
  return {
    name: 'reload',
    async start() {
      isStarted = true;
      await follow();
      if (isWatching) cancel = clock.after(settleMs, () => void inTurn(false)); // it may have changed since it was read
    },
    async stop() {
      isStarted = false;
      cancel();
      await follow();
      await work;
    },
    request: () => inTurn(true),
  };
}

/**
 * What is read while somebody writes it is half of a configuration, or an empty one, which stands for the defaults: it
 * would take listeners away.
 * @throws ConfigError config-unreadable
 */
async function loadWhole(input: LoadInput): Promise<LoadedConfig | RefusedConfig> {
  const file = configFileOf(input);
  if (file === undefined) return loadConfig(input);
  const text = (): Promise<string> => readFile(file, 'utf8').catch(() => '');
  const before = await text();
  const read = await loadConfig(input);
  if (before !== (await text()))
    throw new ConfigError(
      'config-unreadable',
      `${file} is being written; it is read again when it changes or at SIGHUP`,
    );
  if (before.trim() === '')
    throw new ConfigError(
      'config-unreadable',
      `${file} is empty; write a setting into it, or restart for the defaults`,
    );
  return read;
}

/** @throws ConfigError config-invalid */
function accepted(config: LoadedConfig | RefusedConfig, because = 'the configuration has problems'): LoadedConfig {
  if (config.kind === 'loaded') return config;
  throw new ConfigError('config-invalid', `${because}: ${config.problems.map(formatProblem).join('; ')}`);
}

const marks = { changed: '', added: ' (new)', removed: ' (gone)' } as const;

function named(changes: readonly Change[]): string {
  const names = changes.slice(0, maxNamed).map(({ path, kind }) => `${path}${marks[kind]}`);
  const more = changes.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}
