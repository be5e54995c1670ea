import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type Certificates, createCertificates } from '../../src/certificates/certificates.ts';
import { type CaFolder } from '../../src/pki/folder/ca-folder.ts';
import { revokeInFolder } from '../../src/pki/folder/operations.ts';
import { renewFolder } from '../../src/pki/folder/renew-folder.ts';
import { readCrls } from '../../src/pki/revocation/crl-read.ts';
import { certificatesSchema } from '../../src/pki/schema.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { caFolder, type IssuedFiles, issueClient } from '../support/issued.ts';
import { serverSerial } from '../support/openssl-client.ts';
import { connectA } from '../support/raw-client.ts';
import { type RecordedTelemetry, recordedTelemetry } from '../support/recorded-telemetry.ts';
import { type RunningProgram, runProgram, runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const dayMs = 86_400_000;

/** Certificates that were made some days before the real now, so that openssl takes what is renewed on the way. */
interface Aged extends AsyncDisposable {
  readonly certificates: Certificates;
  readonly folder: CaFolder;
  readonly clock: FakeClock;
  readonly telemetry: RecordedTelemetry;
  file(name: string): string;
  /** The days go by, one renewal after each. */
  pass(days: number, stepDays?: number): Promise<void>;
  listen(): Promise<TestListener>;
}

async function madeBefore(days: number, options: Record<string, unknown> = {}): Promise<Aged> {
  const directory = await temporaryDirectory();
  const clock = fakeClock(Date.now() - days * dayMs);
  const telemetry = recordedTelemetry();
  const certificates = createCertificates(certificatesSchema.parse({ directory: directory.path, ...options }), {
    telemetry,
    clock,
    random: () => 0.5,
  });
  await certificates.start(AbortSignal.timeout(30_000));
  return {
    certificates,
    folder: caFolder(directory.path, { now: () => clock.now() }),
    clock,
    telemetry,
    file: (name) => `${directory.path}/${name}`,
    async pass(all, step = all) {
      for (let passed = 0; passed < all; passed += step) {
        clock.advance(Math.min(step, all - passed) * dayMs);
        await certificates.reload(); // stands behind the renewal that fell due
      }
    },
    listen: () => startListener({ tls: 'two-way', accept: ['mqtt'] }, { certificates, clock }),
    async [Symbol.asyncDispose]() {
      await certificates.stop(AbortSignal.abort());
      expect(clock.timers).toBe(0);
      await directory[Symbol.asyncDispose]();
    },
  };
}

const certificateIn = async (path: string): Promise<X509Certificate> => new X509Certificate(await readFile(path));

/** A client of openssl that has sent its CONNECT and got it back. */
async function opensslClient(port: number, device: IssuedFiles, ca: string): Promise<RunningProgram> {
  const program = runProgram('openssl', [
    's_client',
    '-quiet',
    '-verify_return_error',
    '-connect',
    `127.0.0.1:${port}`,
    '-CAfile',
    ca,
    '-cert',
    device.certFile,
    '-key',
    device.keyFile,
  ]);
  await echo(program);
  return program;
}

async function echo({ process }: RunningProgram): Promise<void> {
  const answer = new Promise<void>((resolve, reject) => {
    process.stdout.once('data', () => resolve());
    process.once('exit', (code) => reject(new Error(`openssl ended with ${code}`)));
  });
  process.stdin.write(Buffer.from(connectA.replaceAll(' ', ''), 'hex'));
  await answer;
}

test('the server certificate is renewed after two thirds of its life, without a client noticing', async () => {
  await using aged = await madeBefore(250);
  const { telemetry } = aged;
  await aged.pass(230);
  await using server = await aged.listen();
  await using device = await issueClient(aged.folder, 'pump-7');
  await using client = await opensslClient(server.port, device, aged.file('root-ca.pem'));
  const before = await certificateIn(aged.file('server.pem'));
  expect(await serverSerial(server.port)).toBe(before.serialNumber);
  expect(telemetry.count('certificates_renewed_total')).toBe(0);
  await aged.pass(10);
  expect(telemetry.count('certificates_renewed_total')).toBe(1);
  const after = await certificateIn(aged.file('server.pem'));
  expect(Date.parse(after.validTo) - Date.parse(before.validTo)).toBeGreaterThan(230 * dayMs);
  expect(after.publicKey.equals(before.publicKey)).toBe(true);
  expect(after.subjectAltName).toBe(before.subjectAltName);
  expect(await serverSerial(server.port)).toBe(after.serialNumber);
  await echo(client);
  await using next = await opensslClient(server.port, device, aged.file('root-ca.pem'));
  await echo(next);
  await aged.pass(10);
  expect(telemetry.count('certificates_renewed_total')).toBe(1);
});

test('over seven years intermediate and root are renewed too; a device that knows only the first root goes on', async () => {
  await using aged = await madeBefore(2_400);
  const firstRoot = await readFile(aged.file('root-ca.pem'));
  const intermediate = await certificateIn(aged.file('intermediate-ca.pem'));
  await aged.pass(2_300, 120);
  await using device = await issueClient(aged.folder, 'pump-7');
  await using server = await aged.listen();
  await using client = await opensslClient(server.port, device, aged.file('root-ca.pem'));
  await aged.pass(90);
  const renewed = (subject: string) =>
    aged.telemetry.lines('info').filter((line) => line.includes(`renewed CN=${subject}`)).length;
  expect([renewed('Viaduct Root CA'), renewed('Viaduct Intermediate CA')]).toEqual([1, 2]);
  expect((await certificateIn(aged.file('intermediate-ca.pem'))).serialNumber).not.toBe(intermediate.serialNumber);
  expect(new X509Certificate(firstRoot).serialNumber).not.toBe(
    (await certificateIn(aged.file('root-ca.pem'))).serialNumber,
  );
  await echo(client);
  const retired = aged.file(`retired/root-ca-${new X509Certificate(firstRoot).serialNumber}.pem`);
  await using next = await opensslClient(server.port, device, retired);
  await echo(next);
  expect(aged.telemetry.lines('warn').filter((line) => !line.includes('client-demo'))).toEqual([]);
  expect(aged.telemetry.lines('error')).toEqual([]);
});

test('a root key that is kept elsewhere is asked for once a day in the last three months', async () => {
  await using aged = await madeBefore(1_800);
  await rm(aged.file('root-ca.key'));
  const asked = () => aged.telemetry.count('certificate_renewal_failures_total', { what: 'intermediate' });
  await aged.pass(1_720, 120);
  expect(asked()).toBe(0);
  await aged.pass(20);
  expect(asked()).toBe(1);
  await aged.pass(3 / 24, 1 / 24);
  expect(asked()).toBe(1);
  await aged.pass(1);
  expect(asked()).toBe(2);
  expect(aged.telemetry.lines('warn').find((line) => line.includes('renewal (intermediate) failed'))).toMatch(
    /root-ca\.key is not there, and only that key can sign as root-ca; put it there .*viaduct pki root/,
  );
});

test('a CA with a new key: devices of the old one are listed, and refused when the overlap is over', async () => {
  await using aged = await madeBefore(100, { renewal: { overlap: '30d' } });
  await using old = await issueClient(aged.folder, 'pump-7');
  await renewFolder(aged.folder, 'intermediate', 'ec-p256');
  await using young = await issueClient(aged.folder, 'pump-8');
  await using server = await aged.listen();
  await aged.pass(1);
  const onOld = () => aged.certificates.status().clients.onOldAuthority.map(({ subject }) => subject);
  expect(onOld()).toEqual(['CN=client-demo, O=Viaduct', 'CN=pump-7, O=Viaduct']);
  const connect = async (device: IssuedFiles) => {
    await using client = await opensslClient(server.port, device, aged.file('root-ca.pem'));
    await echo(client);
  };
  await connect(old);
  await connect(young);
  await aged.pass(28);
  await connect(old);
  await aged.pass(2);
  expect(aged.telemetry.lines('info')).toContainEqual(
    expect.stringContaining('the replaced CA CN=Viaduct Intermediate CA, O=Viaduct is no longer trusted'),
  );
  const { code } = await runToEnd('openssl', [
    'verify',
    '-partial_chain',
    '-CAfile',
    aged.file('ca-chain.pem'),
    old.certFile,
  ]);
  expect(code).toBe(2);
  await connect(young);
});

test('a broker that was off while its certificates ended starts with new ones', async () => {
  await using aged = await madeBefore(2_000);
  await aged.certificates.stop(AbortSignal.abort());
  aged.clock.advance(1_900 * dayMs);
  const telemetry = recordedTelemetry();
  const options = certificatesSchema.parse({ directory: aged.file('.') });
  const certificates = createCertificates(options, { telemetry, clock: aged.clock });
  await certificates.start(AbortSignal.timeout(30_000));
  await certificates.stop(AbortSignal.abort());
  expect(telemetry.lines('info').map((line) => /renewed CN=[^,]*/.exec(line)?.[0])).toEqual([
    'renewed CN=Viaduct Intermediate CA',
    expect.stringContaining('renewed CN='),
  ]);
  const shown = await runToEnd('openssl', [
    'verify',
    '-CAfile',
    aged.file('root-ca.pem'),
    '-untrusted',
    aged.file('intermediate-ca.pem'),
    aged.file('server.pem'),
  ]);
  expect(shown.code).toBe(0);
});

test('a folder with the certificate of a retired CA that is damaged starts, and says so', async () => {
  await using aged = await madeBefore(10);
  await mkdir(aged.file('retired'), { recursive: true });
  await writeFile(aged.file('retired/intermediate-ca-4F00.pem'), 'hello');
  await aged.certificates.reload();
  expect(aged.telemetry.lines('warn')).toContainEqual(
    expect.stringMatching(/intermediate-ca-4F00\.pem holds no certificate .*put a good copy back/),
  );
});

test('revocation lists are made again after two thirds of their time', async () => {
  await using aged = await madeBefore(30);
  await using device = await issueClient(aged.folder, 'pump-7');
  await revokeInFolder(aged.folder, { serialNumber: device.serialNumber }, 'superseded');
  const list = async () => {
    const crls = readCrls(await readFile(aged.file('crl/intermediate-ca.crl')));
    return typeof crls === 'string' ? undefined : crls[0];
  };
  const first = await list();
  await aged.pass(4);
  expect((await list())?.number).toBe(first?.number);
  await aged.pass(1);
  const second = await list();
  expect(second?.number).toBeGreaterThan(first?.number ?? 0n);
  expect(second?.revoked.has(device.serialNumber)).toBe(true);
  expect(aged.telemetry.count('revocation_lists_renewed_total')).toBe(2);
  expect(aged.certificates.status().revocationLists.map(({ state }) => state)).toEqual(['current', 'current']);
});

test('with renewal off nothing is touched', async () => {
  await using aged = await madeBefore(330, { renewal: { mode: 'off' } });
  const before = await readFile(aged.file('server.pem'), 'utf8');
  await aged.pass(300, 100);
  expect(await readFile(aged.file('server.pem'), 'utf8')).toBe(before);
  expect(aged.telemetry.count('certificates_renewed_total')).toBe(0);
});
