import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { runProgram } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { listeningProcess } from './process.ts';

const listenerNames = ['tcp', 'tls', 'two-way', 'wss', 'any'] as const;
export type Listener = (typeof listenerNames)[number];

/** What is attacked. */
export interface BrokerUnderAttack extends AsyncDisposable {
  readonly ports: ReadonlyMap<Listener, number>;
  /** Undefined where the system does not tell whose the port is. */
  readonly pid: number | undefined;
  /** Root certificate of this build's broker. */
  readonly ca: Buffer;
  /** Its folder of certificates; empty for a broker of others. */
  readonly certificates: string;
  /** What it wrote to standard error. */
  log(): string;
  /** Why it ended; undefined while it runs. */
  death(): string | undefined;
}

/** A broker that runs already, on this machine. */
export function foreignBroker(port: number): BrokerUnderAttack {
  const pid = listeningProcess(port);
  return {
    ports: new Map([['tcp', port]]),
    pid,
    ca: Buffer.alloc(0),
    certificates: '',
    log: () => '',
    death: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const kinds = {
  tcp: { tls: 'off', accept: ['mqtt'] },
  tls: { tls: 'one-way', accept: ['mqtt'] },
  'two-way': { tls: 'two-way', accept: ['mqtt'] },
  wss: { tls: 'one-way', accept: ['websocket', 'http'] },
  any: { tls: 'auto', accept: ['mqtt', 'websocket', 'http'] },
} as const satisfies Record<Listener, object>;

/** The listeners of the suite. @param more settings of each */
export const listenersWith = (more: object): object[] =>
  listenerNames.map((name) => ({ name, bind: '127.0.0.1:0', handshakeTimeout: '2s', ...kinds[name], ...more }));

/** Runs in the broker's process: SIGUSR2 puts its wall clock back by an hour, as an operator may. */
const preload = `const now = Date.now; let shift = 0;
Date.now = () => now() - shift;
process.on('SIGUSR2', () => (shift += 3_600_000));
`;

export interface StartOptions {
  /** The built program, `dist/bin.js`. */
  readonly bin: string;
  /** Where certificates are kept from one broker to the next, so that only the first one makes them. */
  readonly certificates: string;
  /** Beside what the suite sets by itself. */
  readonly config: object;
}

/** The built program, in a folder and a process of its own. */
export async function startBroker({ bin, certificates, config }: StartOptions): Promise<BrokerUnderAttack> {
  const directory = await temporaryDirectory();
  const settings = {
    listeners: listenersWith({}),
    certificates: { directory: certificates },
    nats: { hub: { bind: '127.0.0.1:0' } },
    store: { type: 'disk', directory: './data' },
    limits: { connectTimeout: '2s' },
    log: { level: 'warn', format: 'json' },
    ...config,
  };
  await writeFile(join(directory.path, 'viaduct.yaml'), stringify(settings));
  await writeFile(join(directory.path, 'preload.mjs'), preload);
  const args = ['--import', './preload.mjs', bin, 'serve', '--config', 'viaduct.yaml'];
  const program = runProgram(process.execPath, args, { cwd: directory.path });
  const kill = (): void => void program.process.kill('SIGKILL');
  process.once('exit', kill); // an interrupted suite leaves no broker behind
  let death: string | undefined;
  program.process.once('exit', (code, signal) => (death = `the broker ended with ${signal ?? `exit code ${code}`}`));
  const started = await Promise.race([program.stdout.waitFor(/ ready:/), once(program.process, 'exit')]);
  if (typeof started !== 'string') throw new Error(`the broker did not start: ${program.stderr.text()}`);
  // every listener has a port of its own, and they are named in the order of the configuration
  const ports = [...new Set([...started.matchAll(/:\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)))];
  return {
    ports: new Map(listenerNames.map((name, index) => [name, ports[index] ?? 0])),
    pid: program.process.pid,
    ca: readFileSync(join(certificates, 'root-ca.pem')),
    certificates,
    log: () => program.stderr.text(),
    death: () => death,
    async [Symbol.asyncDispose]() {
      process.off('exit', kill);
      await program[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
