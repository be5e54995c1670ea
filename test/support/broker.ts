import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { stringify } from 'yaml';
import { type App, createApp } from '../../src/app/create-app.ts';
import { createReload, type Reload } from '../../src/app/reload.ts';
import { requireConfig } from '../../src/config/load.ts';
import { resolveSecrets } from '../../src/config/secrets.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { type AppTelemetry, createTelemetry } from '../../src/telemetry/telemetry.ts';
import { Lines } from './lines.ts';
import { patient } from './patience.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A broker inside the test process, on free ports, with everything it writes in a folder of its own. */
export interface TestBroker extends AsyncDisposable {
  readonly app: App;
  readonly telemetry: AppTelemetry;
  readonly log: Lines;
  /** Holds the certificates; see certs/README.md for their names. */
  readonly certificates: string;
  /** What stands in its configuration file at the start. */
  readonly sections: Readonly<Record<string, unknown>>;
  /** Its configuration file. */
  readonly configFile: string;
  /** Not started, so that the file is not watched. */
  readonly reload: Reload;
  /** Writes the file with these sections in place of those of the start, and has it read. @returns what the log says of it */
  change(config: Readonly<Record<string, unknown>>): Promise<string>;
  /** Path of a file in `certificates`. */
  file(name: string): string;
  port(listener: string): number;
  /** Port of the embedded hub. */
  readonly natsPort: number;
  readonly natsUrl: string;
}

export const testListeners = [
  { name: 'mqtt', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] },
  { name: 'mqtts', bind: '127.0.0.1:0', tls: 'one-way', accept: ['mqtt'] },
  { name: 'mqtts-two-way', bind: '127.0.0.1:0', tls: 'two-way', accept: ['mqtt'] },
  { name: 'wss', bind: '127.0.0.1:0', tls: 'one-way', accept: ['websocket', 'http'] },
];

/**
 * @param config merged over the test's defaults, section by section.
 * @param certificates folder of another broker's certificates, to save making new ones.
 */
export async function startBroker(
  config: Readonly<Record<string, unknown>> = {},
  certificates?: string,
): Promise<TestBroker> {
  const directory = await temporaryDirectory();
  const certificatesDirectory = certificates ?? join(directory.path, 'certs');
  const file = join(directory.path, 'viaduct.yaml');
  const sections = {
    listeners: testListeners,
    certificates: { directory: certificatesDirectory },
    log: { level: 'debug', format: 'json' },
    nats: { hub: { bind: '127.0.0.1:0' } },
    store: { type: 'memory' },
    ...config,
  };
  await writeFile(file, stringify(sections));
  const input = { file, env: {}, flags: [] };
  const started = await requireConfig(input);
  const { config: loaded } = started;
  const log = new Lines();
  const stderr = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      log.push(chunk.toString());
      done();
    },
  });
  const telemetry = createTelemetry(loaded.log, { stderr });
  const app = createApp(await resolveSecrets(loaded, {}), { telemetry });
  await app.start(patient());
  const reload = createReload(input, started, { app, events: telemetry.events, clock: systemClock });
  const natsUrl = app.urls().find((url) => url.startsWith('nats://')) ?? '';
  return {
    app,
    telemetry,
    log,
    certificates: certificatesDirectory,
    sections,
    configFile: file,
    reload,
    async change(other) {
      await writeFile(file, stringify({ ...sections, ...other }));
      const before = log.all().length;
      await reload.request();
      return (
        log
          .all()
          .slice(before)
          .find((line) => /\breloaded[:,]/.test(line)) ?? ''
      );
    },
    file: (name) => join(certificatesDirectory, name),
    port(name) {
      const listener = app.listener(name);
      if (listener === undefined) throw new Error(`no listener ${name}`);
      return listener.address().port;
    },
    natsUrl,
    natsPort: Number(natsUrl.split(':').at(-1)),
    async [Symbol.asyncDispose]() {
      await reload.stop(AbortSignal.abort());
      await app.stop(AbortSignal.timeout(5_000));
      await telemetry.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}
