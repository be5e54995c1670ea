import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt, { type IClientOptions } from 'mqtt';
import { stringify } from 'yaml';
import { freePorts } from './free-ports.ts';
import { remember, type TestClient } from './mqtt-client.ts';
import { patienceMs } from './patience.ts';
import { startServing } from './program.ts';
import type { RunningProgram } from './run-program.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** The built broker in a folder of its own, with MQTT and http without TLS on one port that stays over restarts. */
export interface ServingBroker extends AsyncDisposable {
  readonly port: number;
  readonly directory: string;
  /** The one that runs, or ran last. */
  readonly program: RunningProgram;
  /** An MQTT 3.1.1 client with a clean session, unless `options` say otherwise. */
  connect(clientId: string, options?: IClientOptions): Promise<TestClient>;
  /** Starts it again; it must not be running. */
  start(): Promise<void>;
  /** SIGTERM. @returns the exit code */
  stop(): Promise<number | null>;
  /** kill -9. */
  kill(): Promise<void>;
  /** The sum of a counter or gauge over its labels; 0 while it was never counted. @param labels as `reason="expired"` */
  metric(name: string, labels?: string): Promise<number>;
  /** Bytes of memory that are the process's own; pages of files are the system's. */
  ownBytes(): number;
}

/** @param config sections that replace the test's own. @param env more variables for the process. */
export async function serve(
  config: Readonly<Record<string, unknown>> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<ServingBroker> {
  const directory = await temporaryDirectory();
  const [port = 0] = await freePorts(1);
  const sections = {
    listeners: [{ name: 'plain', bind: `127.0.0.1:${port}`, tls: 'off', accept: ['mqtt', 'http'] }],
    nats: { hub: { bind: '127.0.0.1:0' } },
    bridge: { rules: [] },
    log: { level: 'info', format: 'json' },
    ...config,
  };
  await writeFile(join(directory.path, 'viaduct.yaml'), stringify(sections));
  const run = () => startServing('viaduct.yaml', { cwd: directory.path, env });
  let { program } = await run();
  return {
    port,
    directory: directory.path,
    get program() {
      return program;
    },
    async connect(clientId, options = {}) {
      const fixed = { clientId, reconnectPeriod: 0, connectTimeout: patienceMs, keepalive: 0 };
      const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...fixed, ...options });
      const remembered = remember(client); // before what is queued comes with CONNACK
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve()).once('error', reject);
      });
      return remembered;
    },
    async start() {
      ({ program } = await run());
    },
    stop() {
      program.process.kill('SIGTERM');
      return program.exited;
    },
    async kill() {
      program.process.kill('SIGKILL');
      await program.exited;
    },
    async metric(name, labels = '') {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } });
      const lines = (await response.text()).split('\n').filter((line) => line.startsWith(`viaduct_${name}`));
      return lines
        .filter((line) => /^[{ ]/.test(line.slice(`viaduct_${name}`.length)) && line.includes(labels))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
    ownBytes() {
      const [, kilobytes] =
        /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${program.process.pid}/status`, 'utf8')) ?? [];
      return Number(kilobytes) * 1_024;
    },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** A session that outlives its connection, in MQTT 5. */
export const lasting: IClientOptions = {
  protocolVersion: 5,
  clean: false,
  properties: { sessionExpiryInterval: 3_600 },
};
