import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { healthRoute } from '../src/admin/routes/health.ts';
import { commands } from '../src/cli/commands.ts';
import { composeConfig } from '../src/config/compose.ts';
import type { Config } from '../src/config/schema.ts';
import { type Instruction, parseDockerfile } from './support/dockerfile.ts';
import { webOf } from './support/web.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readText = (path: string): string => readFileSync(join(root, path), 'utf8');

const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string().optional(),
      build: z.string().optional(),
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).prefault({}),
      ports: z.array(z.string()).prefault([]),
      volumes: z.array(z.string()).prefault([]),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).prefault({}),
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
});
type Service = z.output<typeof composeSchema>['services'][string];

const compose = composeSchema.parse(parse(readText('docker-compose.yml')));
const dockerfile = parseDockerfile(readText('Dockerfile'));
const instructions = (name: string): Instruction[] => dockerfile.filter((one) => one.name === name);
const finalStage = dockerfile.at(-1)?.stage;
const ofFinalStage = (name: string): Instruction[] => instructions(name).filter(({ stage }) => stage === finalStage);
const service = (name: string): Service => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
/** Container side of `HOST:PORT:PORT` and `VOLUME:PATH[:ro]`. */
const containerPort = (port: string): number => Number(port.split(':').at(-1));
const containerPath = (volume: string): string => volume.split(':')[1] ?? '';

const imageEnvironment: Record<string, string> = Object.fromEntries(
  ofFinalStage('ENV').flatMap(({ words }) => words.map((word) => word.split('=', 2))),
);
const environment = { ...imageEnvironment, ...service('viaduct').environment };
const configFile = 'docker/viaduct.yaml';

/** The configuration that the program runs with, in the image or as the service. */
function configOf(env: Record<string, string>): Config {
  const composed = composeConfig({ file: { name: configFile, text: readText(configFile) }, env, flags: [] });
  if (composed.kind === 'refused') throw new Error(composed.problems.map(({ message }) => message).join('\n'));
  return composed.config;
}

describe('Dockerfile', () => {
  test('copies files that exist and that .dockerignore lets through', () => {
    const allowed = readText('.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const local = instructions('COPY').filter(({ options }) => !options.has('from'));
    const copied = local.flatMap(({ words }) => words.slice(0, -1));
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(copied.filter((path) => !allowed.includes(path.split('/')[0] ?? ''))).toEqual([]);
  });

  test('copies from stages that stand before, what they have made', () => {
    for (const { options, stage } of instructions('COPY').filter((one) => one.options.has('from'))) {
      const stages = instructions('FROM').map((from) => from.stage);
      expect(stages.slice(0, stages.indexOf(stage))).toContain(options.get('from'));
    }
  });

  test('is built on a Node that the program supports, pinned by its major version, with no developer packages', () => {
    const image = /^NODE_IMAGE=node:(\d+)-slim$/.exec(instructions('ARG')[0]?.text ?? '');
    expect(Number(image?.[1])).toBeGreaterThanOrEqual(20);
    expect(Number(image?.[1]) % 2).toBe(0); // a version with long-term support
    for (const { words } of instructions('FROM')) expect(words[0]).toBe('${NODE_IMAGE}');
    const source = ofFinalStage('COPY')
      .find(({ words }) => words[1] === './node_modules')
      ?.options.get('from');
    const installs = instructions('RUN').filter(({ stage }) => stage === source);
    expect(installs.map(({ text }) => text)).toEqual(['npm ci --omit=dev']);
  });

  test('runs the program that package.json names, with a command that exists, stopped by a signal it handles', () => {
    const manifest = z.object({ bin: z.object({ viaduct: z.string() }) }).parse(JSON.parse(readText('package.json')));
    expect(ofFinalStage('ENTRYPOINT').map(({ words }) => words)).toEqual([['node', manifest.bin.viaduct]]);
    for (const { words } of ofFinalStage('CMD')) expect([...commands.keys()]).toContain(words[0]);
    expect(ofFinalStage('STOPSIGNAL').map(({ text }) => text)).toEqual(['SIGTERM']);
  });

  test('has the command of the documents on its PATH', () => {
    const linked = ofFinalStage('RUN').map(({ text }) => /^ln -s (\S+) (\S+)$/.exec(text)?.slice(1));
    expect(linked).toContainEqual(['/app/dist/bin.js', '/usr/local/bin/viaduct']);
  });

  test('does not run as root, and its user owns the folders it writes', () => {
    const [user] = ofFinalStage('USER').map(({ text }) => text);
    expect(user).toBe('node');
    const owned = ofFinalStage('RUN').flatMap(
      ({ text }) => new RegExp(`chown ${user}:${user} (.*)$`).exec(text)?.[1] ?? [],
    );
    expect(owned.join(' ').split(' ')).toEqual(ofFinalStage('VOLUME').flatMap(({ words }) => words));
  });

  test('its configuration is valid, certificates lie on a volume, and every listener is exposed', () => {
    expect(imageEnvironment['VIADUCT_CONFIG']).toBe(
      ofFinalStage('COPY').find(({ words }) => words[0] === configFile)?.words[1],
    );
    const config = configOf(imageEnvironment);
    expect(ofFinalStage('VOLUME').flatMap(({ words }) => words)).toContain(config.certificates.directory);
    const ports = config.listeners.map(({ bind }) => bind.port);
    expect(ofFinalStage('EXPOSE').flatMap(({ words }) => words.map(Number))).toEqual(ports);
    expect(ports).toEqual([8883, 8884, 8084]);
    for (const { bind } of config.listeners) expect(bind.host).toBe('0.0.0.0');
  });
});

describe('health check', () => {
  const script = 'docker/healthcheck.mjs';
  let url: URL;
  beforeAll(() => {
    url = new URL(/'(https:[^']+)'/.exec(readText(script))?.[1] ?? '');
  });

  test('is the script that the image runs', () => {
    const command = ofFinalStage('HEALTHCHECK').flatMap(({ words }) => words);
    const copied = ofFinalStage('COPY').find(({ words }) => words[0] === script);
    expect(command).toEqual(['node', copied?.words[1]?.replace('./', '')]);
  });

  test('asks a listener that speaks https', () => {
    const listener = configOf(environment).listeners.find(({ bind }) => bind.port === Number(url.port));
    expect(listener?.accept).toContain('http');
    expect(listener?.tls).toBe('two-way-optional'); // so that devices can renew their certificates there, and nobody must show one
  });

  test('asks for a path that answers 200 when the broker takes clients, and 503 before', async () => {
    const info = (status: 'ok' | 'starting') => () => ({
      name: 'viaduct',
      version: '0',
      nodeId: 'n',
      status,
      connections: 0,
      nats: { status: 'connected' as const, url: '', embedded: true },
      listeners: [],
      certificates: {},
      rules: [],
    });
    expect((await webOf([healthRoute(info('ok'))]).request(url.pathname)).status).toBe(200);
    expect((await webOf([healthRoute(info('starting'))]).request(url.pathname)).status).toBe(503);
  });
});

describe('docker-compose.yml', () => {
  test('sets variables that are settings of the program', () => {
    const names = Object.keys(service('viaduct').environment);
    expect(names.filter((name) => !name.startsWith('VIADUCT_'))).toEqual([]);
    expect(() => configOf(environment)).not.toThrow();
    expect(() => configOf({ ...environment, VIADUCT_NATS_SERVRES: 'x' })).toThrow(/no setting/);
  });

  test('publishes every listener, on this machine only, since some take anonymous clients', () => {
    const { listeners, access } = configOf(environment);
    expect(service('viaduct').ports.map(containerPort)).toEqual(listeners.map(({ bind }) => bind.port));
    expect(access.anonymous).toEqual(['mqtts', 'wss']);
    const published = Object.values(compose.services).flatMap(({ ports }) => ports);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
  });

  test('mounts its own configuration where the program reads it, and volumes where the image has them', () => {
    const { volumes } = service('viaduct');
    expect(volumes).toContain(`./${configFile}:${environment['VIADUCT_CONFIG']}:ro`);
    const named = volumes.filter((volume) => !volume.startsWith('.'));
    expect(named.map(containerPath)).toEqual(ofFinalStage('VOLUME').flatMap(({ words }) => words));
    expect(named.map(containerPath)).toContain(configOf(environment).certificates.directory);
  });

  test('declares the volumes that its services use, no more and no less', () => {
    const used = Object.values(compose.services).flatMap(({ volumes }) =>
      volumes.filter((volume) => !volume.startsWith('.')).map((volume) => volume.split(':')[0]),
    );
    expect(new Set(Object.keys(compose.volumes))).toEqual(new Set(used));
    expect(used).toHaveLength(new Set(used).size);
  });

  test('connects to the NATS of the file, once that is healthy', () => {
    const [server, ...more] = configOf(environment).nats.servers.map((url) => new URL(url));
    expect(more).toEqual([]);
    const name = server?.hostname ?? '';
    expect(service('viaduct').depends_on).toEqual({ [name]: { condition: 'service_healthy' } });
    expect(service(name).ports.map(containerPort)).toEqual([Number(server?.port)]);
  });

  test('runs NATS with JetStream on its volume, and asks the monitoring port that it opens', () => {
    const { command = [], volumes, healthcheck } = service('nats');
    expect(command[0]).toBe('-js');
    expect(volumes.map(containerPath)).toEqual([command[command.indexOf('-sd') + 1]]);
    const health = new URL(healthcheck?.test.find((word) => word.startsWith('http')) ?? '');
    expect(health.port).toBe(command[command.indexOf('-m') + 1]);
    expect(health.pathname).toBe('/healthz');
  });

  test('runs Redis with an append-only file on its volume', () => {
    const { command, volumes, healthcheck } = service('redis');
    expect(command).toEqual(['redis-server', '--appendonly', 'yes']);
    expect(volumes.map(containerPath)).toEqual(['/data']);
    expect(healthcheck?.test).toEqual(['CMD', 'redis-cli', 'ping']);
  });

  test('pins the version of every image and gives every service a health check', () => {
    const services = Object.values(compose.services);
    const images = services.flatMap(({ image = '', build }) => (build === undefined ? [image] : []));
    for (const image of images) expect(image).toMatch(/^[a-z]+:\d+(\.\d+)*(-[a-z]+)?$/);
    const builds = services.flatMap(({ build = [] }) => build);
    expect(builds.filter((folder) => !existsSync(join(root, folder, 'Dockerfile')))).toEqual([]);
    expect(services.filter(({ build, healthcheck }) => build === undefined && healthcheck === undefined)).toEqual([]);
    expect(ofFinalStage('HEALTHCHECK')).toHaveLength(1);
  });
});
