// The brokers of the storage rows, started alike: one plain TCP listener, everything kept on disk, the brokers' core.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, startProgram } from './process.mjs';

/** More than any scenario queues. */
const queuedMessages = 2_000_000;
const startMs = 60_000;

async function startViaduct({ app, directory, port }) {
  const file = join(directory, 'viaduct.yaml');
  const config = {
    listeners: [{ name: 'tcp', bind: `127.0.0.1:${port}`, tls: 'off', accept: ['mqtt'] }],
    nats: { hub: { bind: '127.0.0.1:0' } },
    bridge: { rules: [] },
    store: { directory: join(directory, 'data'), queue: { messages: queuedMessages, bytes: '4GiB' } },
    log: { level: 'error', format: 'json' },
  };
  await writeFile(file, JSON.stringify(config)); // JSON is YAML
  const args = [join(app, 'dist', 'bin.js'), 'serve', '--config', file];
  return [await startProgram('viaduct', process.execPath, args, { text: ' ready:', startMs }, { cwd: directory })];
}

async function startMosquitto({ directory, port }) {
  const file = join(directory, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'set_tcp_nodelay true',
    'log_type error',
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    'persistence true',
    `persistence_location ${directory}/`,
    'autosave_interval 1',
    'max_queued_messages 0',
    'max_inflight_messages 0', // see README.md: it is faster without its limit of 20
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return [await startProgram('mosquitto', 'mosquitto', ['-c', file], { port, startMs })];
}

async function startAedes(kind, { directory, port, redisPort }) {
  const args = [join(import.meta.dirname, 'aedes-broker.mjs'), String(port), kind];
  if (kind === 'redis') args.push(String(redisPort), String(queuedMessages));
  return startProgram(`aedes with ${kind}`, process.execPath, args, { text: 'ready', startMs }, { cwd: directory });
}

async function startAedesRedis(setting) {
  const { directory, redisPort } = setting;
  const options = { port: redisPort, bind: '127.0.0.1', dir: directory, save: '', appendonly: 'yes' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const redis = await startProgram('redis-server', 'redis-server', args, { port: redisPort, startMs });
  try {
    return [redis, await startAedes('redis', setting)];
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

const starters = {
  viaduct: startViaduct,
  mosquitto: startMosquitto,
  'aedes-memory': async (setting) => [await startAedes('memory', setting)],
  'aedes-level': async (setting) => [await startAedes('level', setting)],
  'aedes-redis': startAedesRedis,
};

/** With Redis or memory there is nothing that Aedes reads at the start, and with level a million messages take too long. */
export const keepsOverRestart = (name) => !name.startsWith('aedes-');
export const storageBrokers = Object.keys(starters);

/**
 * Starts one broker on what `directory` holds.
 * @param app folder with Viaduct's `dist` and package.json.
 */
export async function startStorageBroker(name, { app, directory }) {
  await mkdir(directory, { recursive: true });
  const [port, redisPort] = await freePorts(2);
  const programs = await starters[name]({ app, directory, port, redisPort });
  return {
    port,
    pids: programs.map(({ pid }) => pid),
    complaints: () => programs.map(({ name: program, output }) => `${program}: ${output.stderr.trim()}`).join('\n'),
    async stop() {
      for (const program of programs.toReversed()) await program.stop();
    },
  };
}
