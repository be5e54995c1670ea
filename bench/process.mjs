// Programs pinned to a core, each ended by the one who started it and at the latest with this process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const brokerCore = 0;
const loadCore = 1;
const usualStartMs = 20_000;
const stopMs = 10_000;
/** More than any row has connections. */
const openFiles = 8_192;
/** Of what a program writes to standard error, its end is kept. */
const keptCharacters = 4_000;

/** Without a second core nothing is pinned: both sides would fight for one. */
export const canPin = availableParallelism() > 1;

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function launch(core, command, args, options) {
  const pinned = canPin ? ['taskset', '-c', String(core)] : [];
  const line = [`--nofile=${openFiles}:${openFiles}`, '--', ...pinned, command, ...args];
  const child = spawn('prlimit', line, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  running.add(child);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] = (output[name] + text).slice(-keptCharacters);
    });
  const ended = once(child, 'close').then(
    ([code, signal]) => `ended with ${signal ?? `status ${code}`}`,
    (error) => `could not be run: ${error.message}`,
  );
  void ended.then(() => running.delete(child));
  return { child, output, ended };
}

async function whenListening(port, signal) {
  while (!signal.aborted) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await delay(20);
  }
}

async function whenPrinted(text, { child, output }, signal) {
  while (!output.stdout.includes(text)) await once(child.stdout, 'data', { signal });
}

/**
 * Starts a program on the brokers' core and waits until it is ready.
 * @param ready `{ port }` that accepts, or `{ text }` on standard output; with `startMs` to wait longer than usual.
 */
export async function startProgram(name, command, args, ready, options = {}) {
  const started = launch(brokerCore, command, args, options);
  const { child, output, ended } = started;
  const { startMs = usualStartMs } = ready;
  const timeout = AbortSignal.timeout(startMs);
  const isReady =
    ready.port === undefined ? whenPrinted(ready.text, started, timeout) : whenListening(ready.port, timeout);
  const failure = await Promise.race([isReady.catch(() => undefined), ended]);
  const problem = failure ?? (timeout.aborted ? `was not ready after ${startMs / 1_000} s` : undefined);
  async function stop() {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await ended;
    clearTimeout(killer);
  }
  if (problem === undefined) return { name, pid: child.pid, output, stop };
  await stop();
  throw new Error(`${name} ${problem}: ${output.stderr.trim() || 'it printed nothing'}`);
}

/** Runs the load generator on its own core. @returns its result. */
export async function runLoad(program, args, timeoutMs) {
  const { child, output, ended } = launch(loadCore, program, args, { timeout: timeoutMs, killSignal: 'SIGKILL' });
  const end = await ended;
  if (child.exitCode !== 0) throw new Error(`the load generator ${end}: ${output.stderr.trim()}`);
  return JSON.parse(output.stdout);
}

/** Ports that were free a moment ago, for programs that cannot take port 0 themselves. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
