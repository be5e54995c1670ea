import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { starvedMs } from '../attack/process.ts';
import { testListeners } from '../support/broker.ts';
import { leastOf } from '../support/least-of.ts';
import { portOf, startViaduct, viaduct } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const freePorts = { listeners: testListeners, nats: { hub: { bind: '127.0.0.1:0' } } };

/** A folder with a configuration file; the program runs in it. */
async function folder(config: Readonly<Record<string, unknown>> = freePorts) {
  const directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'viaduct.yaml'), stringify(config));
  return directory;
}

test('the first start makes certificates and says ready with every address; SIGTERM drains and exits 0', async () => {
  await using directory = await folder();
  await using program = startViaduct(['serve', '--config', 'viaduct.yaml'], { cwd: directory.path });
  const ready = await program.stdout.waitFor(/ready/);
  expect(ready).toMatch(
    /ready: .*mqtts:\/\/127\.0\.0\.1:\d+ .*wss:\/\/127\.0\.0\.1:\d+\/mqtt https:\/\/127\.0\.0\.1:\d+\/ .*nats:\/\/127\.0\.0\.1:\d+$/,
  );
  const names = await readdir(join(directory.path, 'certs'));
  for (const name of [
    'root-ca.pem',
    'intermediate-ca.pem',
    'ca-chain.pem',
    'server.pem',
    'server.key',
    'client-demo.pem',
    'client-demo.key',
    'client-demo.p12',
  ])
    expect(names).toContain(name);
  for (const name of names.filter((name) => /\.(key|p12)$/.test(name)))
    expect((await stat(join(directory.path, 'certs', name))).mode & 0o777, name).toBe(0o600);

  const ca = readFileSync(join(directory.path, 'certs', 'root-ca.pem'));
  const client = await mqtt.connectAsync(
    `mqtts://localhost:${portOf(ready, 'mqtts')}`,
    { ca, protocolVersion: 5, reconnectPeriod: 0 },
    false,
  );
  const goodbye = new Promise<number | undefined>((resolve) =>
    client.once('disconnect', (packet) => resolve(packet.reasonCode)),
  );
  program.process.kill('SIGTERM');
  expect(await goodbye).toBe(0x8b);
  expect(await program.exited).toBe(0);
  await client.endAsync(true);
});

test('a second start reuses the certificates and is ready in under 2 seconds', async () => {
  await using directory = await folder();
  const certificates = async () =>
    Promise.all(
      (await readdir(join(directory.path, 'certs'))).map((name) =>
        readFile(join(directory.path, 'certs', name), 'hex'),
      ),
    );
  const run = async () => {
    const startedAt = performance.now();
    await using program = startViaduct(['--config', 'viaduct.yaml'], { cwd: directory.path });
    await program.stdout.waitFor(/ready/);
    const elapsedMs = performance.now() - startedAt - starvedMs(program.process.pid ?? 0);
    program.process.kill('SIGTERM');
    expect(await program.exited).toBe(0);
    return { elapsedMs, files: await certificates() };
  };
  const { files } = await run();
  const again = async (): Promise<number> => {
    const second = await run();
    expect(second.files).toEqual(files);
    return second.elapsedMs;
  };
  expect(await leastOf(2_000, again)).toBeLessThan(2_000);
});

test('SIGHUP reads the certificates again: open connections live on, new ones get the new certificate', async () => {
  await using directory = await folder();
  await using program = startViaduct(['--config', 'viaduct.yaml'], { cwd: directory.path });
  const port = portOf(await program.stdout.waitFor(/ready/), 'mqtts');
  const ca = readFileSync(join(directory.path, 'certs', 'root-ca.pem'));
  const serialOf = (client: mqtt.MqttClient): string =>
    (client.stream as import('node:tls').TLSSocket).getPeerCertificate().serialNumber;
  const connect = () => mqtt.connectAsync(`mqtts://localhost:${port}`, { ca, reconnectPeriod: 0 }, false);

  const before = await connect();
  const files = ['server.pem', 'server.key'].map((name) => join(directory.path, 'certs', name));
  await Promise.all(files.map((file) => writeFile(`${file}.old`, readFileSync(file), { mode: 0o600 })));
  await Promise.all(files.map((file) => import('node:fs/promises').then(({ rm }) => rm(file))));
  program.process.kill('SIGHUP');
  await program.stderr.waitFor(/reloaded: certificates/);
  const after = await connect();
  expect(serialOf(after)).not.toBe(serialOf(before));

  await writeFile(files[0] ?? '', 'damaged');
  program.process.kill('SIGHUP');
  await program.stderr.waitFor(/not reloaded.*server\.pem/);
  const still = await connect();
  expect(serialOf(still)).toBe(serialOf(after));
  expect(before.connected).toBe(true);
  await Promise.all([before, after, still].map((client) => client.endAsync(true)));
});

test('SIGHUP reads the configuration: what is broken is said and nothing is called reloaded, what changed is named', async () => {
  await using directory = await folder();
  const file = join(directory.path, 'viaduct.yaml');
  const good = readFileSync(file, 'utf8');
  await using program = startViaduct(['--config', 'viaduct.yaml'], { cwd: directory.path });
  await program.stdout.waitFor(/ready/);
  const reload = (text: string) => writeFile(file, text).then(() => program.process.kill('SIGHUP'));

  await reload(`${good}\nlimits: { packetSize: 1 }\n`);
  const refused = await program.stderr.waitFor(/not reloaded/);
  expect(refused).toMatch(/everything stays as it was: .*viaduct\.yaml:\d+:\d+ {2}limits\.packetSize/);
  await reload(`${good}\nlimits: { packetSize: 2MiB }\nstore: { maxBytes: 1GiB }\n`);
  const changed = await program.stderr.waitFor(/"reloaded: /);
  expect(changed).toMatch(/; changed: limits\.packetSize; in effect after a restart: store\.maxBytes/);
  expect(program.stderr.text().match(/"reloaded: /g)).toHaveLength(1);
});

test('the first line of the log is about the broker, and none is about its own look whether the hub is there', async () => {
  await using directory = await folder();
  await using program = startViaduct(['--config', 'viaduct.yaml'], { cwd: directory.path });
  await program.stdout.waitFor(/ready/);
  const [first = ''] = program.stderr.text().split('\n');
  expect(JSON.parse(first).msg).toMatch(/^viaduct \d+\.\d+\.\d+ starts with viaduct\.yaml on Node \d/);
  program.process.kill('SIGTERM');
  await program.exited;
  expect(program.stderr.text()).not.toMatch(/is gone: closed by the client/);
});

/** Runs `serve` where it cannot run. @returns what it printed, which must be short and without a stack trace. */
async function failedStart(directory: string, args: readonly string[] = []): Promise<string> {
  const { code, stdout, stderr } = await viaduct(['serve', '--config', 'viaduct.yaml', ...args], { cwd: directory });
  expect(code, stdout + stderr).toBe(1);
  expect(stdout).not.toContain('ready');
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  return stderr;
}

test('a port in use is named, with the cure', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await using directory = await folder({
    ...freePorts,
    listeners: [{ name: 'busy', bind: `127.0.0.1:${port}`, tls: 'off', accept: ['mqtt'] }],
  });
  expect(await failedStart(directory.path)).toMatch(new RegExp(`busy.*127\\.0\\.0\\.1:${port}.*in use`));
  await using hub = await folder({ ...freePorts, nats: { hub: { bind: `127.0.0.1:${port}` } } });
  expect(await failedStart(hub.path)).toMatch(new RegExp(`hub.*127\\.0\\.0\\.1:${port}.*in use`, 'i'));
  other.close();
});

test('files that cannot be used are named, with the cure, and never overwritten', async () => {
  await using directory = await folder();
  await using program = startViaduct(['--config', 'viaduct.yaml'], { cwd: directory.path });
  await program.stdout.waitFor(/ready/);
  program.process.kill('SIGTERM');
  await program.exited;
  const path = (name: string): string => join(directory.path, 'certs', name);
  const good = { cert: await readFile(path('server.pem'), 'utf8'), key: await readFile(path('server.key'), 'utf8') };

  await writeFile(path('server.key'), await readFile(path('client-demo.key')));
  expect(await failedStart(directory.path)).toMatch(/server\.key .*(is not the key of|belong|match)/);
  await writeFile(path('server.key'), 'no key at all');
  expect(await failedStart(directory.path)).toMatch(/server\.key/);
  expect(await readFile(path('server.key'), 'utf8')).toBe('no key at all');
  await writeFile(path('server.key'), good.key);
  await writeFile(path('server.pem'), good.cert.slice(0, 300));
  expect(await failedStart(directory.path)).toMatch(/server\.pem/);
  await writeFile(path('server.pem'), good.cert);
  await chmod(path('server.key'), 0o600);
});

test('an unknown key, a wrong type and a rule that any client could choose are shown at once with their places', async () => {
  await using directory = await folder();
  await writeFile(
    join(directory.path, 'viaduct.yaml'),
    [
      'listener: []',
      'log:',
      '  level: loud',
      'bridge:',
      '  rules:',
      '    - { name: open, topic: "{rest...}", subject: "{rest...}" }',
      '',
    ].join('\n'),
  );
  const text = await failedStart(directory.path);
  expect(text).toMatch(/viaduct\.yaml:1:1\s.*listener/);
  expect(text).toMatch(/viaduct\.yaml:3:\d+\s+log\.level/);
  expect(text).toMatch(/viaduct\.yaml:6:\d+\s+bridge\.rules\[0\]\.subject.*any MQTT client/);
});

test('a NATS server that refuses our credentials ends the start with one message', async () => {
  const { startNatsServer } = await import('../support/nats-server.ts');
  await using server = await startNatsServer({ args: ['--user', 'right', '--pass', 'secret'] });
  await using directory = await folder({
    ...freePorts,
    nats: { servers: [server.url], user: 'wrong', password: { env: 'NATS_PASSWORD' } },
  });
  const { code, stderr } = await viaduct(['--config', 'viaduct.yaml'], {
    cwd: directory.path,
    env: { NATS_PASSWORD: 'also-wrong' },
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(/refuse/i);
  expect(stderr).not.toContain('also-wrong');
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
});
