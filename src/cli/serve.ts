import type { Command } from 'commander';
import { createApp } from '../app/create-app.ts';
import { configurationDoubtful } from '../app/events.ts';
import { createReload } from '../app/reload.ts';
import { version } from '../app/version.ts';
import { configFileOf, requireConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { resolveSecrets } from '../config/secrets.ts';
import { systemClock } from '../kernel/clock.ts';
import { timeLimit } from '../kernel/time-limit.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { addConfigOptions, type ConfigOptions, loadInputOf } from './config-options.ts';
import { type Io, printLine } from './io.ts';
import { supportProblem } from './node-version.ts';

/** Time that clients and bridge get to finish after SIGTERM. */
const drainMs = 10_000;

/** `serve`: runs the broker until SIGTERM or SIGINT. At SIGHUP, and when its file has changed, the configuration is read again. */
export function addServeCommand(parent: Command, io: Io): void {
  const command = parent.command('serve').description('run the broker until it is told to stop; the default command');
  addConfigOptions(command).action((options: ConfigOptions) => serve(io, options));
}

async function serve(io: Io, options: ConfigOptions): Promise<void> {
  const input = loadInputOf(options, io);
  const loaded = await requireConfig(input);
  const { config } = loaded;
  const telemetry = createTelemetry(config.log, { stderr: io.stderr });
  const file = configFileOf(input) ?? 'the default configuration';
  telemetry.logger.log('info', `viaduct ${version} starts with ${file} on Node ${process.versions.node}`);
  const outOfSupport = supportProblem(process.versions.node, new Date(io.clock.now()));
  if (outOfSupport !== undefined) telemetry.logger.log('warn', outOfSupport);
  for (const warning of loaded.warnings)
    telemetry.events.emit(configurationDoubtful, { problem: formatProblem(warning) });
  const app = createApp(await resolveSecrets(config, io.env), { telemetry });
  const reload = createReload(input, loaded, { app, events: telemetry.events, clock: systemClock });
  const signals = watchSignals(io);
  try {
    await app.start(signals.stopping);
    await reload.start(signals.stopping);
    signals.onReload(() => void reload.request());
    printLine(io.stdout, `viaduct ${version} ready: ${app.urls().join(' ')}`); // whoever reads it may say SIGHUP at once
    await signals.stopped;
    telemetry.logger.log('info', 'stopping: clients are disconnected, the bridge is drained; signal again to cut off');
    await reload.stop(signals.cutOff);
    await app.stop(timeLimit(drainMs, signals.cutOff));
  } finally {
    signals.close();
    await telemetry.close();
  }
}

interface Signals {
  /** Aborted by the first signal, so that a start under way ends. */
  readonly stopping: AbortSignal;
  readonly stopped: Promise<void>;
  /** Aborted by the second. */
  readonly cutOff: AbortSignal;
  onReload(listener: () => void): void;
  close(): void;
}

function watchSignals(io: Io): Signals {
  const stopping = new AbortController();
  const cutOff = new AbortController();
  const stop = (): void => (stopping.signal.aborted ? cutOff : stopping).abort();
  let reloaded = (): void => undefined;
  const removals = [io.onSignal('SIGTERM', stop), io.onSignal('SIGINT', stop), io.onSignal('SIGHUP', () => reloaded())];
  return {
    stopping: stopping.signal,
    stopped: new Promise((resolve) => stopping.signal.addEventListener('abort', () => resolve(), { once: true })),
    cutOff: cutOff.signal,
    onReload(listener) {
      reloaded = listener;
    },
    close() {
      for (const remove of removals) remove();
    },
  };
}
