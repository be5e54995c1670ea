// The sides of the comparison, started alike: the same certificates, kinds of listeners and core.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, startProgram } from './process.mjs';
import { rulesOf } from './rules.mjs';

const names = ['tcp', 'tls', 'twoWayTls', 'wss', 'nats'];

const bind = (port) => `127.0.0.1:${port}`;

function viaductConfig(directory, ports, bridge, rules) {
  return {
    listeners: [
      { name: 'tcp', bind: bind(ports.tcp), tls: 'off', accept: ['mqtt'] },
      { name: 'tls', bind: bind(ports.tls), tls: 'one-way', accept: ['mqtt'] },
      { name: 'two-way-tls', bind: bind(ports.twoWayTls), tls: 'two-way', accept: ['mqtt'] },
      { name: 'wss', bind: bind(ports.wss), tls: 'one-way', accept: ['websocket'] },
    ],
    certificates: { directory: join(directory, 'certs') },
    nats: { hub: { bind: bind(ports.nats) } },
    // QoS 0, because the script beside mosquitto publishes so.
    ...(bridge && {
      bridge: { rules: [{ name: 'bench', topic: 'bench/#', subject: 'bench.>', direction: bridge, qos: 0 }] },
    }),
    ...(rules && { access: { rules: rulesOf(rules) } }),
    store: { directory: join(directory, 'data') },
    log: { level: 'error', format: 'json' },
  };
}

async function startViaduct({ app, directory, ports, row, rules }) {
  const file = join(directory, 'viaduct.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(viaductConfig(directory, ports, row?.bridge, rules)));
  const args = [join(app, 'dist', 'bin.js'), 'serve', '--config', file];
  return [await startProgram('viaduct', process.execPath, args, { text: ' ready:' }, { cwd: directory })];
}

function mosquittoConfig(certificates, ports, lines) {
  const user = process.getuid?.() === 0 ? 'user root' : '';
  const tls = `certfile ${certificates}/server.pem
keyfile ${certificates}/server.key
cafile ${certificates}/ca-chain.pem`;
  return `allow_anonymous true
set_tcp_nodelay true
log_type error
${lines.join('\n')}
${user}
listener ${ports.tcp} 127.0.0.1
listener ${ports.tls} 127.0.0.1
${tls}
listener ${ports.twoWayTls} 127.0.0.1
${tls}
require_certificate true
listener ${ports.wss} 127.0.0.1
protocol websockets
${tls}
`;
}

/** For a bridge also what people run beside mosquitto: nats-server and a script between the two. */
async function startMosquitto({ directory, ports, row }) {
  const file = join(directory, 'mosquitto.conf');
  await writeFile(file, mosquittoConfig(join(directory, 'certs'), ports, row.mosquitto ?? []));
  const started = [];
  try {
    started.push(await startProgram('mosquitto', 'mosquitto', ['-c', file], { port: ports.wss }));
    if (row.bridge === undefined) return started;
    const nats = ['--addr', '127.0.0.1', '--port', String(ports.nats), '--log', join(directory, 'nats.log')];
    started.push(await startProgram('nats-server', 'nats-server', nats, { port: ports.nats }));
    const script = join(import.meta.dirname, 'bridge-script.mjs');
    const args = [script, row.bridge, join(directory, 'certs', 'root-ca.pem'), String(ports.tls), String(ports.nats)];
    started.push(await startProgram('bridge script', process.execPath, args, { text: 'ready' }));
    return started;
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

async function stopAll(programs) {
  for (const program of programs.toReversed()) await program.stop();
}

/** TLS alone; see bare-node.mjs. */
async function startBareNode({ directory, ports }) {
  const script = join(import.meta.dirname, 'bare-node.mjs');
  const args = [script, join(directory, 'certs'), String(ports.tls), String(ports.twoWayTls)];
  return [await startProgram('bare Node', process.execPath, args, { text: 'ready' })];
}

const starters = { viaduct: startViaduct, mosquitto: startMosquitto, 'bare-node': startBareNode };

/** Who takes turns in a row: bare Node where there is a mark against it. */
export const brokersOf = ({ target }) =>
  Object.keys(starters).filter((name) => name !== 'bare-node' || target.bare !== undefined);

/**
 * Starts one side on fresh ports.
 * @param app folder with Viaduct's `dist` and package.json.
 * @param directory holds `certs` and takes the configuration.
 * @param row what it is started for; may be left out for Viaduct.
 * @param rules how many rules of access it has; left out: none.
 */
export async function startBroker(name, { app, directory, row, rules }) {
  const numbers = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((listener, index) => [listener, numbers[index]]));
  const programs = await starters[name]({ app, directory, ports, row, rules });
  return {
    ports,
    pids: programs.map(({ pid }) => pid),
    /** The last of what the programs wrote to standard error. */
    complaints: () => programs.map(({ name, output }) => `${name}: ${output.stderr.trim()}`).join('\n'),
    stop: () => stopAll(programs),
  };
}

/** Viaduct makes what both sides use when it finds none: a root, an intermediate, a server and a client, all P-256. */
export async function makeCertificates({ app, directory }) {
  await mkdir(join(directory, 'certs'), { recursive: true, mode: 0o700 });
  const broker = await startBroker('viaduct', { app, directory });
  await broker.stop();
}
