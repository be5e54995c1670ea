import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificateSource } from '../../src/transport/tls/certificates.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { runToEnd } from '../support/run-program.ts';
import { startListener } from '../support/transport-listener.ts';

const listeners = [
  { name: 'one-way', tls: 'one-way', accept: ['mqtt'] },
  { name: 'two-way', tls: 'two-way', accept: ['mqtt'] },
  { name: 'two-way-optional', tls: 'two-way-optional', accept: ['mqtt'] },
  { name: 'wss', tls: 'one-way', accept: ['websocket', 'http'] },
  { name: 'auto', tls: 'auto', accept: ['mqtt', 'websocket', 'http'] },
];
const presets = [
  { name: 'modern', tls: 'one-way', accept: ['mqtt'], policy: { preset: 'modern' } },
  { name: 'compatible', tls: 'one-way', accept: ['mqtt'], policy: { preset: 'compatible' } },
];

let broker: TestBroker;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'viaduct-judges-'));
  broker = await startBroker({ listeners: [...listeners, ...presets].map((one) => ({ ...one, bind: '127.0.0.1:0' })) });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

type Attributes = Readonly<Record<string, string>>;

/** What sslscan found: the attributes of its XML elements by their name, and the text of those without. */
interface Scan {
  all(element: string): Attributes[];
  text(element: string): string | undefined;
}

async function sslscan(port: number, more: readonly string[] = []): Promise<Scan> {
  const args = ['--xml=-', '--no-colour', '--timeout=20', '--sni-name=localhost', ...more, `127.0.0.1:${port}`];
  const { code, stdout, stderr } = await runToEnd('sslscan', args);
  expect(code, stderr).toBe(0);
  return {
    all: (element) =>
      Array.from(stdout.matchAll(new RegExp(`<${element} ([^>]*?) */?>`, 'g')), ([, attributes = '']) =>
        Object.fromEntries(Array.from(attributes.matchAll(/([\w-]+)="([^"]*)"/g), ([, name, value]) => [name, value])),
      ),
    text: (element) => new RegExp(`<${element}>([^<]*)</${element}>`).exec(stdout)?.[1],
  };
}

/** Everything in a scan that is worse than it need be. */
function expectStrong(scan: Scan): void {
  const enabled = scan.all('protocol').filter(({ enabled: is }) => is === '1');
  expect(enabled.map(({ type, version }) => `${type} ${version}`)).toEqual(['tls 1.2', 'tls 1.3']);
  const ciphers = scan.all('cipher');
  expect(ciphers.map(({ sslversion }) => sslversion)).toEqual(expect.arrayContaining(['TLSv1.2', 'TLSv1.3']));
  for (const cipher of ciphers) {
    expect(cipher['cipher']).toMatch(/^(TLS_(AES|CHACHA20)_|ECDHE-.*(GCM|CHACHA20))/); // forward secrecy, no CBC
    expect(Number(cipher['bits'])).toBeGreaterThanOrEqual(128);
    expect(cipher['strength']).toMatch(/^(strong|acceptable)$/);
    expect(Number(cipher['ecdhebits'])).toBeGreaterThanOrEqual(253);
  }
  const groups = scan.all('group');
  expect(groups.length).toBeGreaterThan(0);
  for (const group of groups) {
    expect(Number(group['bits']), group['name']).toBeGreaterThanOrEqual(128);
    expect(group['name']).not.toMatch(/^ffdhe/); // a handshake must not cost the server more than the client
  }
  expect(scan.all('renegotiation')).toEqual([{ supported: '0', secure: '0' }]);
  expect(scan.all('compression').filter(({ supported }) => supported !== '0')).toEqual([]);
  expect(scan.all('heartbleed').map(({ vulnerable }) => vulnerable)).toEqual(['0', '0']);
  expect(scan.text('signature-algorithm')).toMatch(/sha(256|384|512)/i);
  expect(scan.all('pk')).toEqual([expect.objectContaining({ error: 'false' })]);
  expect(scan.text('self-signed')).toBe('false');
  expect(scan.text('expired')).toBe('false');
}

describe('sslscan finds nothing weak', () => {
  test.each(listeners.map(({ name }) => name))('on the listener %s', async (name) => {
    const identity = [`--certs=${broker.file('client-demo.pem')}`, `--pk=${broker.file('client-demo.key')}`];
    const scan = await sslscan(broker.port(name), name === 'two-way' ? identity : []);
    expectStrong(scan);
    expect(scan.all('pk')).toEqual([{ error: 'false', type: 'EC', curve_name: 'prime256v1', bits: '128' }]);
  });

  test('with an RSA certificate that openssl made', async () => {
    const at = (name: string): string => join(directory, name);
    const openssl = async (text: string): Promise<void> => {
      const { code, stderr } = await runToEnd('openssl', text.split(' '));
      expect(code, stderr).toBe(0);
    };
    const key = '-newkey rsa:2048 -nodes -days 2';
    await openssl(`req -x509 ${key} -subj /CN=Recipe-CA -keyout ${at('ca.key')} -out ${at('ca.pem')}`);
    const issuer = `-CA ${at('ca.pem')} -CAkey ${at('ca.key')}`;
    const extensions = '-addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost';
    await openssl(
      `req -x509 ${key} ${issuer} -subj /CN=localhost ${extensions} -keyout ${at('rsa.key')} -out ${at('rsa.pem')}`,
    );
    const [cert, rsaKey, clientCa] = await Promise.all(
      ['rsa.pem', 'rsa.key', 'ca.pem'].map((name) => readFile(at(name), 'utf8')),
    );
    const certificates = certificateSource({ cert: cert ?? '', key: rsaKey ?? '', clientCa: clientCa ?? '' });
    await using listener = await startListener({ tls: 'one-way', accept: ['mqtt'] }, { certificates });
    const scan = await sslscan(listener.port);
    expectStrong(scan);
    expect(scan.all('pk')).toEqual([{ error: 'false', type: 'RSA', bits: '2048' }]);
  });

  test('though it would see it', async () => {
    const [cert, key] = await Promise.all([readFile(broker.file('server.pem')), readFile(broker.file('server.key'))]);
    const server = createServer({ cert, key, minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const scan = await sslscan((server.address() as { port: number }).port);
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    expect(() => expectStrong(scan)).toThrow(/tls 1\./);
  });
});

test('sslscan sees TLS 1.3 alone with the preset modern, and forward secrecy in each cipher of compatible', async () => {
  const versions = (scan: Scan): (string | undefined)[] =>
    scan.all('protocol').flatMap(({ enabled, version }) => (enabled === '1' ? [version] : []));
  const modern = await sslscan(broker.port('modern'));
  expect(versions(modern)).toEqual(['1.3']);
  expect(modern.all('cipher')).toHaveLength(3);
  const compatible = await sslscan(broker.port('compatible'));
  expect(versions(compatible)).toEqual(['1.2', '1.3']);
  const ciphers = compatible.all('cipher').map(({ cipher }) => cipher);
  expect(ciphers).toContain('ECDHE-ECDSA-AES128-SHA');
  for (const cipher of ciphers) expect(cipher).toMatch(/^(TLS_(AES|CHACHA20)_|ECDHE-)/);
});

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** What testssl.sh says of the program it runs with, not of the server. */
const ownTroubles = ['engine_problem'];

test('testssl.sh finds nothing above low in protocols, ciphers, their order, forward secrecy and vulnerabilities', {
  timeout: 400_000,
}, async () => {
  const file = join(directory, 'testssl.json');
  const options = ['--quiet', '--warnings', 'off', '--color', '0', '--nodns', 'none', '--jsonfile', file];
  const checks = ['-p', '-s', '-P', '-f', '-U'];
  const target = `127.0.0.1:${broker.port('one-way')}`;
  const { stdout } = await runToEnd('testssl', [...options, ...checks, target]);
  const findings = JSON.parse(await readFile(file, 'utf8')) as readonly Finding[];
  const bad = findings.filter(
    ({ id, severity }) => !['OK', 'INFO', 'LOW'].includes(severity) && !ownTroubles.includes(id),
  );
  expect(bad, stdout).toEqual([]);
  const byId = new Map(findings.map(({ id, severity }) => [id, severity]));
  const tried = ['TLS1_3', 'heartbleed', 'secure_client_renego', 'ROBOT', 'CRIME_TLS', 'cipher_order', 'LUCKY13'];
  expect(tried.filter((id) => byId.get(id) !== 'OK')).toEqual([]);
});
