import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { freePorts } from '../support/free-ports.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { Target } from './connection.ts';
import { guardedAccess } from './guarded.ts';
import { within } from './within.ts';

/** What the broker says about itself, after a garbage collection. */
export interface Vitals {
  /** Heap in use and what hangs on it outside, in bytes. */
  readonly usedBytes: number;
  readonly residentBytes: number;
  /** MQTT connections. */
  readonly connections: number;
  readonly subscriptions: number;
  readonly engineErrors: number;
  /** Clients refused for what they sent. */
  readonly refused: number;
}

/** The broker under test: the built program, in a folder and a process of its own. */
export interface FuzzSubject extends Target, AsyncDisposable {
  readonly url: (listener: 'tcp' | 'tls' | 'wss') => string;
  /** Collects garbage in the broker and asks it. Rejects when it does not answer. */
  vitals(): Promise<Vitals>;
  /** Why it ended; undefined while it runs. */
  death(): string | undefined;
  /** Resolves when it has ended and all it wrote is here, or after `timeoutMs`. */
  gone(timeoutMs: number): Promise<void>;
  /** What it wrote to standard error: nothing, unless something is wrong. */
  complaints(): string;
}

export interface SubjectOptions {
  /** The built program, `dist/bin.js`. */
  readonly bin: string;
  readonly hotPath: 'on' | 'off';
  readonly store: 'disk' | 'memory';
  /** `guarded`: passwords are checked, and rules say who may do what. */
  readonly access?: 'open' | 'guarded';
}

const listenerNames = ['tcp', 'tls', 'two-way', 'wss', 'any'] as const;

/** Runs in the broker's process, so that memory is measured after a collection and not before one. */
const preload = "process.on('SIGUSR2', () => globalThis.gc());\n";

function configOf(ports: readonly number[], natsPort: number, { hotPath, store }: SubjectOptions): object {
  const kinds = [
    { tls: 'off', accept: ['mqtt'] },
    { tls: 'one-way', accept: ['mqtt'] },
    { tls: 'two-way', accept: ['mqtt'] },
    { tls: 'one-way', accept: ['websocket', 'http'] },
    { tls: 'auto', accept: ['mqtt', 'websocket', 'http'] },
  ];
  return {
    listeners: listenerNames.map((name, index) => ({
      name,
      bind: `127.0.0.1:${ports[index]}`,
      handshakeTimeout: '2s',
      ...kinds[index],
    })),
    nats: { hub: { bind: `127.0.0.1:${natsPort}` } },
    bridge: { rules: [{ name: 'signaling', topic: 'signal/#', subject: 'signal.>', direction: 'both' }] },
    // sessions and messages of the fuzzer's clients go soon, so that memory can come back
    limits: { connectTimeout: '2s', sessionExpiry: '3s' },
    store: { type: store, directory: './data', queue: { messages: 200 }, retained: { messages: 500 } },
    plane: { hotPath },
    log: { level: 'error', format: 'json' },
  };
}

function askOver(port: number, ca: Buffer, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', servername: 'localhost', port, ca, path, agent: false, timeout: 20_000 };
    const asked = request(options, (response) => {
      if (response.statusCode === 200) resolve(text(response));
      else reject(new Error(`${path} answered ${response.statusCode}`));
    });
    asked.on('timeout', () => asked.destroy(new Error(`${path} was not answered in 20 s`)));
    asked.on('error', reject).end();
  });
}

function valueIn(metrics: string, name: string): number {
  const lines = metrics
    .split('\n')
    .filter((line) => line.startsWith(`viaduct_${name}{`) || line.startsWith(`viaduct_${name} `));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

export async function startSubject(options: SubjectOptions): Promise<FuzzSubject> {
  const directory = await temporaryDirectory();
  const [natsPort = 0, ...numbers] = await freePorts(listenerNames.length + 1);
  const access = options.access === 'guarded' ? await guardedAccess(directory.path, { isDear: false }) : {};
  await writeFile(join(directory.path, 'viaduct.yaml'), stringify({ ...configOf(numbers, natsPort, options), access }));
  await writeFile(join(directory.path, 'preload.mjs'), preload);
  const args = ['--expose-gc', '--import', './preload.mjs', options.bin, 'serve', '--config', 'viaduct.yaml'];
  const program = runProgram(process.execPath, args, { cwd: directory.path });
  const kill = (): void => void program.process.kill('SIGKILL');
  process.once('exit', kill); // an interrupted fuzzer leaves no broker behind
  let death: string | undefined;
  program.process.once('exit', (code, signal) => (death = `the broker ended with ${signal ?? `exit code ${code}`}`));
  const started = await Promise.race([program.stdout.waitFor(/ ready:/), once(program.process, 'exit')]);
  if (typeof started !== 'string') throw new Error(`the broker did not start: ${program.stderr.text()}`);
  const ports = new Map(listenerNames.map((name, index) => [name, numbers[index] ?? 0]));
  const ca = readFileSync(join(directory.path, 'certs', 'root-ca.pem'));
  const port = (name: (typeof listenerNames)[number]): number => ports.get(name) ?? 0;
  return {
    ports,
    ca,
    url(listener) {
      const scheme = listener === 'tcp' ? 'mqtt' : listener === 'tls' ? 'mqtts' : 'wss';
      return `${scheme}://localhost:${port(listener)}${listener === 'wss' ? '/mqtt' : ''}`;
    },
    async vitals() {
      await askOver(port('wss'), ca, '/healthz');
      program.process.kill('SIGUSR2');
      const metrics = await askOver(port('wss'), ca, '/metrics');
      return {
        usedBytes: valueIn(metrics, 'process_heap_used_bytes') + valueIn(metrics, 'process_external_memory_bytes'),
        residentBytes: valueIn(metrics, 'process_resident_memory_bytes'),
        connections: valueIn(metrics, 'mqtt_connections'),
        subscriptions: valueIn(metrics, 'plane_subscriptions'),
        engineErrors: valueIn(metrics, 'engine_errors_total'),
        refused: valueIn(metrics, 'mqtt_refused_total'),
      };
    },
    death: () => death,
    gone: (timeoutMs) => within(timeoutMs, program.exited),
    complaints: () => program.stderr.text().trim(),
    async [Symbol.asyncDispose]() {
      process.off('exit', kill);
      await program[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
