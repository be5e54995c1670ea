import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { AccessOptions } from '../../src/auth/schema.ts';
import type { Bridge } from '../../src/bridge/bridge.ts';
import { MemoryBudget } from '../../src/broker/memory-budget.ts';
import { describe as describeSettings } from '../../src/config/describe.ts';
import { configSchema } from '../../src/config/schema.ts';
import { providerProbes } from '../support/reload-probes/access-providers.ts';
import { accessRuleProbes } from '../support/reload-probes/access-rules.ts';
import { auditProbes } from '../support/reload-probes/audit.ts';
import { banProbes } from '../support/reload-probes/bans.ts';
import { certificateProbes } from '../support/reload-probes/certificates.ts';
import { limitsProbes } from '../support/reload-probes/limits.ts';
import { listenerProbes } from '../support/reload-probes/listeners.ts';
import { metricsProbes } from '../support/reload-probes/metrics.ts';
import { passwordProbes } from '../support/reload-probes/passwords.ts';
import type { Probes } from '../support/reload-probes/probe.ts';
import { rateProbes } from '../support/reload-probes/rates.ts';
import { restProbes } from '../support/reload-probes/rest.ts';
import { ruleProbes } from '../support/reload-probes/rules.ts';
import { signalingProbes, turnTexts } from '../support/reload-probes/signaling.ts';
import { type ReloadWorld, reloadWorld } from '../support/reload-world.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Unit {
  readonly certificates: unknown;
  enrollment: unknown;
  isRunning: boolean;
}
const made = vi.hoisted(() => ({
  limits: undefined as unknown,
  units: [] as Unit[],
  bridge: undefined as Bridge | undefined,
  access: undefined as AccessOptions | undefined,
  metricsAddresses: [] as readonly string[],
}));

vi.mock(import('../../src/broker/edge/edge.ts'), async (original) => {
  const module = await original();
  class Edge extends module.Edge {
    constructor(...[link, deps]: ConstructorParameters<typeof module.Edge>) {
      super(link, deps);
      made.limits = deps.limits;
    }
  }
  return { ...module, Edge };
});
vi.mock(import('../../src/certificates/certificates.ts'), async (original) => {
  const { createCertificates } = await original();
  return {
    createCertificates(options, deps) {
      const part = createCertificates(options, deps);
      const unit: Unit = { certificates: options, enrollment: undefined, isRunning: false };
      made.units.push(unit);
      return {
        ...part,
        async start(signal) {
          await part.start(signal);
          unit.isRunning = true;
        },
        stop(deadline) {
          unit.isRunning = false;
          return part.stop(deadline);
        },
      };
    },
  };
});
vi.mock(import('../../src/app/enrollment.ts'), async (original) => {
  const { appEnrollment } = await original();
  return {
    appEnrollment(options, deps) {
      const unit = made.units.at(-1); // of the same making
      if (unit !== undefined) unit.enrollment = options;
      return appEnrollment(options, deps);
    },
  };
});
/** Who calls itself so is asked about, and nobody answers. */
vi.mock(import('../../src/auth/access.ts'), async (original) => {
  const module = await original();
  return {
    ...module,
    createAccess: (options, deps) => {
      const access = module.createAccess(options, deps);
      made.access = options;
      const unanswered = () => new Promise<never>(() => undefined);
      return {
        ...access,
        authenticate(request) {
          made.access = options;
          return request.clientId === 'asked' ? unanswered : access.authenticate(request);
        },
      };
    },
  };
});
vi.mock(import('../../src/bridge/bridge.ts'), async (original) => {
  const module = await original();
  return {
    ...module,
    createBridge: (options, deps) => (made.bridge = module.createBridge(options, deps)),
  };
});

vi.mock(import('../../src/http/router/readers.ts'), async (original) => {
  const { createReaders } = await original();
  return {
    createReaders(options) {
      made.metricsAddresses = options.addresses;
      return createReaders(options);
    },
  };
});

const run = promisify(execFile);
const directory = await temporaryDirectory();
const other = (name: string): string => join(directory.path, name);
const probes: Probes = {
  ...limitsProbes,
  ...rateProbes,
  ...restProbes,
  ...auditProbes,
  ...accessRuleProbes,
  ...ruleProbes,
  ...listenerProbes(other),
  ...metricsProbes(other),
  ...certificateProbes(other),
  ...passwordProbes(other),
  ...banProbes(other),
  ...signalingProbes(other),
  ...providerProbes(other),
};
const settings = describeSettings(configSchema).filter(({ reload }) => reload !== 'process');

/** A certificate that signed itself. */
async function certificate(name: string, commonName: string, isCa: boolean, key: readonly string[]): Promise<void> {
  await writeFile(other('openssl.cnf'), '[req]\ndistinguished_name = dn\n[dn]\n'); // no extensions of its own
  const names = 'subjectAltName=DNS:localhost,DNS:other.example.com,DNS:sni.example.com,IP:127.0.0.1';
  const extensions = [names, `basicConstraints=critical,CA:${isCa ? 'TRUE' : 'FALSE'}`].flatMap((one) => [
    '-addext',
    one,
  ]);
  const out = ['-out', other(`${name}.pem`), '-keyout', other(`${name}.key`), '-config', other('openssl.cnf')];
  await run('openssl', [
    'req',
    '-x509',
    ...key,
    '-nodes',
    '-days',
    '30',
    '-subj',
    `/CN=${commonName}`,
    ...extensions,
    ...out,
  ]);
}

let world: ReloadWorld;
beforeAll(async () => {
  const resized = vi.spyOn(MemoryBudget.prototype, 'resize');
  const keptAlive = vi.spyOn(Socket.prototype, 'setKeepAlive');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  await certificate('server', 'other.example.com', false, curve);
  await certificate('ca-chain', 'Other CA', true, curve);
  await certificate('rsa', 'rsa', false, ['-newkey', 'rsa:2048']);
  for (const [name, user] of [
    ['passwd', 'bob'],
    ['passwd-2', 'ann'],
  ] as const)
    await writeFile(
      other(name),
      `${user}:$6$MiHCiDrRPifrXZ0F$qbv2ssQCfwuCE22GEnUn/cZezCyhYA0ylB+cJGpeW66f+43JjsnvAm8J01Y1NgdwLoYpOKUbUf4/N6adcJWYxw==\n`,
    );
  await writeFile(other('bans.json'), '[{ "clientId": "probe" }]');
  await writeFile(other('psk'), 'pump:00112233445566778899aabbccddeeff\n');
  await writeFile(other('tickets'), 'a secret of more than 32 characters, for all nodes');
  for (const [name, text] of Object.entries(turnTexts)) await writeFile(other(name), text);
  await writeFile(other('passphrase'), 'a passphrase of the test');
  await writeFile(other('metrics-token'), 'a token of the test\n');
  await writeFile(other('token-secret'), '0123456789abcdef'.repeat(4));
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(other('token-key'), publicKey.export({ type: 'spki', format: 'pem' }));
  world = await reloadWorld({
    limitsOfNewest: () => made.limits,
    memoryBytes: () => resized.mock.lastCall?.[0],
    keepAliveOfNewest: () => keptAlive.mock.lastCall?.[1],
    madeOf(section) {
      const running = made.units.filter(({ isRunning }) => isRunning);
      expect(running).toHaveLength(1);
      return running[0]?.[section];
    },
    access: () => made.access,
    metricsAddresses: () => made.metricsAddresses,
    rules: () => made.bridge?.rules.map(({ options }) => options) ?? [],
  });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

test('every setting that needs no restart has a probe, and no other', () => {
  expect(Object.keys(probes).toSorted()).toEqual(settings.map(({ path }) => path).toSorted());
});

test.each(settings.map(({ path, reload }) => [path, reload] as const))(
  '%s: a change is in effect at once (%s)',
  async (path) => {
    const probe = probes[path];
    if (probe === undefined) throw new Error(`there is no probe for ${path}`);
    await world.reset(probe.from);
    const before = probe.seenAfterOnly === true ? undefined : await probe.see(world);
    expect(before).not.toEqual(probe.is);
    world.disconnect();
    expect(await world.broker.change(probe.change)).toMatch(/[" ]reloaded: .*; changed: /);
    expect(await probe.see(world)).toEqual(probe.is);
  },
);
