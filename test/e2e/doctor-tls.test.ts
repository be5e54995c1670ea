import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DoctoredBroker, doctorIn, doctorJsonIn, listRows, rowsOf, startDoctored } from '../support/doctor.ts';
import { hex } from '../support/packet-bytes.ts';
import { connackAccepted } from '../support/raw-client.ts';
import { runToEnd } from '../support/run-program.ts';
import { testPki } from '../support/test-pki.ts';

const listeners = [
  { name: 'one-way', tls: 'one-way', accept: ['mqtt'] },
  { name: 'two-way', tls: 'two-way', accept: ['mqtt'] },
  { name: 'wss', tls: 'one-way', accept: ['websocket', 'http'] },
  { name: 'https', tls: 'one-way', accept: ['http'] },
  { name: 'auto', tls: 'auto', accept: ['mqtt', 'websocket', 'http'] },
  { name: 'optional', tls: 'two-way-optional', accept: ['mqtt'] },
  { name: 'modern', tls: 'one-way', accept: ['mqtt'], policy: { preset: 'modern' } },
  { name: 'compatible', tls: 'one-way', accept: ['mqtt'], policy: { preset: 'compatible' } },
];

let doctored: DoctoredBroker;
beforeAll(async () => {
  doctored = await startDoctored(listeners);
});
afterAll(() => doctored[Symbol.asyncDispose]());

const doctor = (...args: string[]) => doctorIn(doctored.path, ...args);
const doctorJson = (...args: string[]) => doctorJsonIn(doctored.path, ...args);

const everywhere = [
  'server certificate: ok, 2 sent',
  'trusting the root: ok, accepted',
  'trusting the intermediate alone: ok, accepted',
  'trusting the CA bundle: ok, accepted',
  'trusting another CA: ok, refused by the client',
  'wrong host name: ok, refused by the client',
  'TLS 1.2: ok, accepted',
  'TLS 1.3: ok, accepted',
  'TLS 1.1: ok, refused by the server',
  'weak ciphers: ok, refused by the server',
];

describe('a broker with the certificates of its first start', () => {
  test('answers every good and every bad client as expected, on each kind of listener', async () => {
    const { code, report } = await doctorJson('--config', doctored.config);
    const oneWay = [...everywhere, 'plain text: ok, refused by the server', 'no client certificate: ok, accepted'];
    for (const name of ['one-way', 'wss', 'https', 'compatible']) expect(rowsOf(report, name), name).toEqual(oneWay);
    expect(rowsOf(report, 'auto')).toEqual([
      ...everywhere,
      'plain text: ok, accepted',
      'no client certificate: ok, accepted',
    ]);
    const ofModern = oneWay.map((row) => (row.startsWith('TLS 1.2') ? 'TLS 1.2: ok, refused by the server' : row));
    expect(rowsOf(report, 'modern')).toEqual(ofModern);
    expect(rowsOf(report, 'optional')).toEqual([
      ...oneWay,
      'client certificate with intermediate: ok, accepted',
      'client certificate, leaf only: ok, accepted',
      'client certificate of another CA: ok, refused by the server',
      'expired client certificate: ok, refused by the server',
      'revoked client certificate: skipped, not tried',
    ]);
    expect(rowsOf(report, 'two-way')).toEqual([
      ...everywhere,
      'plain text: ok, refused by the server',
      'no client certificate: ok, refused by the server',
      'client certificate with intermediate: ok, accepted',
      'client certificate, leaf only: ok, accepted',
      'client certificate of another CA: ok, refused by the server',
      'expired client certificate: ok, refused by the server',
      'revoked client certificate: skipped, not tried',
    ]);
    expect(listRows(report)).toEqual(['no list: skipped, missing']);
    expect(code).toBe(0);
    expect(report.ok).toBe(true);
  });

  test('gives openssl s_client the same answers', async () => {
    const { report } = await doctorJson('--config', doctored.config, '--keep');
    expect(report.files).toMatch(/viaduct-doctor-/);
    await using _kept = {
      [Symbol.asyncDispose]: () => rm(report.files ?? '', { recursive: true }),
    };
    const rows = report.listeners.flatMap(({ listener, checks }) => checks.map((row) => ({ ...row, listener })));
    const lines = rows.filter(
      ({ check, command }) => command !== null && check !== 'plain text' && check !== 'server certificate',
    );
    expect(lines.length).toBe(88);
    for (const { listener, check, command, outcome } of lines) {
      const { stdout, stderr } = await runToEnd('timeout', ['20', 'sh', '-c', command ?? '']);
      const isAnswered = /^ 20 02 00 00|^HTTP\/1\.1 \d/.test(stdout);
      expect(isAnswered, `${listener}, ${check}: ${command}\n${stdout}${stderr}`).toBe(outcome === 'accepted');
    }
  });

  test('does not judge what a listener of its own certificate and clients says, unless it is told whom to trust', async () => {
    await using other = await testPki();
    const client = await other.client({ cn: 'pump' });
    const clientFiles = ['--cert', join(doctored.path, 'pump.pem'), '--key', join(doctored.path, 'pump.key')] as const;
    const files = { cert: join(doctored.path, 'own.pem'), key: join(doctored.path, 'own.key') };
    const ca = join(doctored.path, 'own-ca.pem');
    await Promise.all([
      writeFile(files.cert, other.server.cert),
      writeFile(files.key, other.server.key, { mode: 0o600 }),
      writeFile(ca, other.chain),
      writeFile(clientFiles[1], client.cert),
      writeFile(clientFiles[3], client.key, { mode: 0o600 }),
    ]);
    const listener = {
      name: 'own',
      tls: 'two-way',
      accept: ['mqtt'],
      certificate: files.cert,
      key: files.key,
      clientCa: ca,
    };
    await using own = await startDoctored([listener]);
    const unknown = (await doctorJson('--config', own.config)).report;
    expect(rowsOf(unknown, 'own')).toContain('trusting the root: ok, refused by the client');
    expect(rowsOf(unknown, 'own')).toContain('client certificate with intermediate: ok, refused by the client');
    const { report: told } = await doctorJson('--config', own.config, '--ca', ca, ...clientFiles);
    expect(rowsOf(told, 'own')).toContain('trusting the root: ok, accepted');
    expect(rowsOf(told, 'own')).toContain('client certificate with intermediate: ok, accepted');
    expect(told.listeners[0]?.checks.filter(({ verdict }) => verdict === 'no')).toEqual([]);
  });

  test('is found out to be one-way or two-way where only its address is known', async () => {
    const url = (name: string): string => `mqtts://localhost:${doctored.broker.port(name)}`;
    const ca = ['--ca', doctored.broker.file('ca-chain.pem')];
    const certificate = [
      '--cert',
      doctored.broker.file('client-demo.pem'),
      '--key',
      doctored.broker.file('client-demo.key'),
    ];
    const { code, report } = await doctorJson('--url', url('one-way'), '--url', url('two-way'), ...ca, ...certificate);
    expect(report.listeners.map(({ tls }) => tls)).toEqual(['one-way', 'two-way']);
    expect(code).toBe(0);
    const wrong = await doctorJson('--url', url('one-way'), '--tls', 'two-way', ...ca, ...certificate);
    expect(rowsOf(wrong.report, url('one-way'))).toContain('no client certificate: no, accepted');
    expect(wrong.code).toBe(1);
  });

  test('is verified by the name that --name gives', async () => {
    const url = `mqtts://localhost:${doctored.broker.port('one-way')}`;
    const { code, report } = await doctorJson(
      '--url',
      url,
      '--ca',
      doctored.broker.file('ca-chain.pem'),
      '--name',
      'example.com',
    );
    expect(code).toBe(1);
    expect(rowsOf(report, url)).toContain('trusting the root: no, refused by the client');
  });
});

describe('a two-way listener of which no client certificate is known', () => {
  test('is tried with bad clients only, and the rest is said to be missing', async () => {
    const url = `mqtts://localhost:${doctored.broker.port('two-way')}`;
    const { code, report } = await doctorJson('--url', url, '--ca', doctored.broker.file('ca-chain.pem'));
    expect(code).toBe(0);
    expect(rowsOf(report, url)).toEqual([
      'server certificate: ok, 2 sent',
      'TLS 1.1: ok, refused by the server',
      'weak ciphers: ok, refused by the server',
      'plain text: ok, refused by the server',
      'no client certificate: ok, refused by the server',
      'client certificate: skipped, not tried',
      'client certificate of another CA: ok, refused by the server',
      'expired client certificate: skipped, not tried',
      'everything else: skipped, not tried',
    ]);
    const reasons = report.listeners[0]?.checks.map(({ reason }) => reason).join('\n');
    expect(reasons).toContain('pass a client certificate with --cert and --key');
    expect(reasons).toContain('no expired certificate can be made');
  });

  test('is not tried with a certificate and a key of different clients', async () => {
    const mixed = ['--cert', doctored.broker.file('client-demo.pem'), '--key', doctored.broker.file('server.key')];
    const { err, code } = await doctor('--url', 'mqtts://localhost:1', ...mixed);
    expect({ err, code }).toEqual({ err: expect.stringContaining('server.key is not the key of'), code: 2 });
  });
});

/** A server that makes mistakes, but answers any CONNECT. */
async function badServer(options: TlsOptions) {
  const server = createServer(options, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(hex(connackAccepted)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `mqtts://localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

describe('a server with mistakes', () => {
  test('that sends its leaf only, speaks TLS 1.1 and takes weak ciphers fails those checks', async () => {
    await using pki = await testPki();
    const { leaf, key } = pki.server;
    const old = { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await using server = await badServer({ cert: leaf, key, ...old });
    const ca = await pki.file('ca.pem', pki.chain);
    const { code, report } = await doctorJson('--url', server.url, '--ca', ca);
    expect(code).toBe(1);
    expect(report.ok).toBe(false);
    expect(rowsOf(report, server.url)).toEqual(
      expect.arrayContaining([
        'server certificate: ok, 1 sent',
        'trusting the root: no, refused by the client',
        'trusting the CA bundle: ok, accepted',
        'TLS 1.1: no, accepted',
        'weak ciphers: no, accepted',
      ]),
    );
  });

  test('whose certificate has expired is named with the date', async () => {
    await using pki = await testPki();
    const { cert, key } = await pki.client({ cn: 'late', expired: true });
    await using server = await badServer({ cert, key });
    const { out, code } = await doctor('--url', server.url, '--ca', await pki.file('ca.pem', pki.chain));
    expect(code).toBe(1);
    expect(out).toMatch(/NO {2}server certificate +not valid now, expected accepted: \S.*CN=late.* EXPIRED on 20/);
    expect(out).not.toMatch(/^ {2}ok/m);
    const [, folder] = /stay until you remove them: (\S+)$/m.exec(out) ?? [];
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  test('that takes any client certificate is found out by strangers and expired ones', async () => {
    const files = { cert: doctored.broker.file('client-demo.pem'), key: doctored.broker.file('client-demo.key') };
    await using server = await badServer({
      cert: readFileSync(doctored.broker.file('server.pem')),
      key: readFileSync(doctored.broker.file('server.key')),
      requestCert: true,
      rejectUnauthorized: false,
    });
    const set = ['--set', `certificates.directory=${doctored.broker.certificates}`];
    const args = ['--url', server.url, '--tls', 'two-way', '--cert', files.cert, '--key', files.key, ...set];
    const { code, report } = await doctorJson(...args);
    expect(code).toBe(1);
    expect(rowsOf(report, server.url)).toEqual(
      expect.arrayContaining([
        'no client certificate: no, accepted',
        'client certificate with intermediate: ok, accepted',
        'client certificate of another CA: no, accepted',
        'expired client certificate: no, accepted',
      ]),
    );
  });

  test('that is not there, or does not speak TLS, gives one line with the reason', async () => {
    const server = createPlainServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume().end('hello, this is no TLS\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `mqtts://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const plain = await doctorJson('--url', url);
    expect(plain.code).toBe(1);
    expect(plain.report.listeners[0]?.checks).toMatchObject([{ verdict: 'no', reason: 'it does not speak TLS' }]);
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    const gone = await doctorJson('--url', url);
    expect(gone.report.listeners[0]).toMatchObject({ tls: 'unknown', checks: [{ verdict: 'no' }] });
    expect(gone.report.listeners[0]?.checks[0]?.reason).toMatch(/^nothing listens there/);
  });
});
