import { readFileSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { runCli } from '../../src/cli/run.ts';
import { createCrl } from '../../src/pki/revocation/crl.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { doctorIn, doctorJsonIn, listRows, rowsOf } from '../support/doctor.ts';
import { fakeIo } from '../support/fake-io.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

const doctor = (...args: string[]) => doctorIn(directory.path, ...args);
const doctorJson = (...args: string[]) => doctorJsonIn(directory.path, ...args);

describe('a broker of which a client was revoked', () => {
  const own = [
    { name: 'two-way', tls: 'two-way', accept: ['mqtt'] },
    { name: 'optional', tls: 'two-way-optional', accept: ['mqtt'] },
  ];
  let started: TestBroker;
  let pump: readonly string[];

  /** A configuration for the same ports and another folder of certificates. */
  const configFor = async (certificates: object, listeners = own): Promise<string> => {
    const file = join(directory.path, 'revoked.yaml');
    const bound = listeners.map((one) => ({ ...one, bind: `127.0.0.1:${started.port(one.name)}` }));
    await writeFile(file, stringify({ listeners: bound, certificates }));
    return file;
  };
  const copyOf = async (name: string): Promise<string> => {
    const copy = join(directory.path, name);
    await cp(started.certificates, copy, { recursive: true });
    return copy;
  };
  const pki = async (...args: string[]): Promise<void> => {
    const io = fakeIo({ cwd: directory.path });
    await runCli(['pki', ...args, '-d', started.certificates], io);
    expect({ code: io.exitCode(), err: io.err() }).toEqual({ code: 0, err: '' });
  };

  beforeAll(async () => {
    directory = await temporaryDirectory();
    started = await startBroker({ listeners: own.map((one) => ({ ...one, bind: '127.0.0.1:0' })) });
    await pki('issue', 'client', 'pump', '--out', join(directory.path, 'revoked-pump'));
    pump = ['cert', 'key'].flatMap((what) => [
      `--${what}`,
      join(directory.path, 'revoked-pump', `pump.${what === 'cert' ? 'pem' : 'key'}`),
    ]);
    await pki('revoke', started.file('client-demo.pem'));
    await started.log.waitFor(/certificates read again/);
  });
  afterAll(async () => {
    await started[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  test('refuses it, and nothing else is tried with it', async () => {
    const { code, report } = await doctorJson(
      '--config',
      await configFor({ directory: started.certificates }),
      '--keep',
    );
    await using _kept = { [Symbol.asyncDispose]: () => rm(report.files ?? '', { recursive: true }) };
    for (const name of ['two-way', 'optional']) {
      expect(rowsOf(report, name)).toContain('revoked client certificate: ok, refused by the server');
      expect(rowsOf(report, name)).toContain('client certificate: skipped, not tried');
    }
    const rows = report.listeners.flatMap(({ checks }) => checks);
    const { command } = rows.find(({ check }) => check === 'revoked client certificate') ?? {};
    expect(command).toContain(`-key ${started.file('client-demo.key')}`);
    expect(rows.find(({ check }) => check === 'client certificate')?.reason).toMatch(
      /client-demo\.pem is revoked; pass/,
    );
    expect(listRows(report)).toEqual(['intermediate-ca.crl: ok, current', 'root-ca.crl: ok, current']);
    expect(code).toBe(0);
  });

  test('refuses one with its serial number, which is made where its files are gone and changes nothing', async () => {
    const copy = await copyOf('without-demo');
    await Promise.all(['pem', 'key', 'p12'].map((kind) => rm(join(copy, `client-demo.${kind}`))));
    const kept = ['ledger.jsonl', 'crl/intermediate-ca.pem', 'crl/root-ca.pem'].map((name) => join(copy, name));
    const before = await Promise.all(kept.map((file) => readFile(file, 'utf8')));
    const file = await configFor({ directory: copy });
    const { code, report } = await doctorJson('--config', file, ...pump, '--keep');
    await using _kept = {
      [Symbol.asyncDispose]: () => rm(report.files ?? '', { recursive: true }),
    };
    for (const name of ['two-way', 'optional']) {
      expect(rowsOf(report, name)).toContain('client certificate with intermediate: ok, accepted');
      expect(rowsOf(report, name)).toContain('revoked client certificate: ok, refused by the server');
    }
    expect(code).toBe(0);
    await started.log.waitFor(/CN=viaduct-doctor.* was revoked on/);
    for (const { check, command } of report.listeners
      .flatMap(({ checks }) => checks)
      .filter(({ check }) => check.startsWith('revoked'))) {
      const { stdout, stderr } = await runToEnd('timeout', ['20', 'sh', '-c', command ?? '']);
      expect(stdout, `${check}: ${command}\n${stderr}`).not.toContain('20 02');
    }
    expect(await Promise.all(kept.map((one) => readFile(one, 'utf8')))).toEqual(before);
    await rm(join(copy, 'intermediate-ca.key'));
    const { report: keyless } = await doctorJson('--config', file, ...pump);
    expect(rowsOf(keyless, 'two-way')).toContain('revoked client certificate: skipped, not tried');
  });

  test('is found out where it does not go by the list', async () => {
    const [listener] = own;
    await using careless = await startBroker({ listeners: [{ ...listener, bind: '127.0.0.1:0' }] });
    const file = join(directory.path, 'careless.yaml');
    const bound = [{ ...listener, bind: `127.0.0.1:${careless.port('two-way')}` }];
    await writeFile(
      file,
      stringify({ listeners: bound, certificates: { directory: join(directory.path, 'careless') } }),
    );
    await cp(careless.certificates, join(directory.path, 'careless'), { recursive: true });
    const io = fakeIo({ cwd: directory.path });
    await runCli(['pki', 'revoke', 'careless/client-demo.pem', '-d', 'careless'], io);
    expect(io.err()).toBe('');
    const { code, report } = await doctorJson('--config', file);
    expect(rowsOf(report, 'two-way')).toContain('revoked client certificate: no, accepted');
    expect(code).toBe(1);
  });

  test('is warned of lists that end, and told which of them refuse everybody', async () => {
    const copy = await copyOf('lists');
    const crl = (name: string): string => join(copy, 'crl', name);
    const hour = 3_600_000;
    const write = async (ca: string, nextUpdate: number): Promise<void> => {
      const [certificate, key] = [
        readFileSync(join(copy, `${ca}.pem`), 'utf8'),
        readFileSync(join(copy, `${ca}.key`), 'utf8'),
      ];
      const times = { thisUpdate: Date.now() - 48 * hour, nextUpdate: Date.now() + nextUpdate };
      const der = createCrl({ issuer: { certificate, key }, revoked: [], number: 9e12, ...times });
      await rm(crl(`${ca}.pem`), { force: true });
      await writeFile(crl(`${ca}.crl`), der);
    };
    const listsOf = async (mode: string) => {
      const set = { directory: copy, revocation: { mode } };
      const { code, report } = await doctorJson('--config', await configFor(set, own.slice(0, 1)), ...pump);
      const reasons = report.revocation?.checks.map(({ reason }) => reason).join('\n');
      return {
        code,
        rows: listRows(report),
        reasons,
        commands: report.revocation?.checks.map(({ command }) => command),
      };
    };
    await write('intermediate-ca', 3.5 * hour);
    await write('root-ca', -hour);
    await writeFile(crl('foreign.pem'), 'hello');
    const soon = await listsOf('fail-closed');
    expect(soon).toMatchObject({
      code: 0,
      rows: [
        'intermediate-ca.crl: warning, current',
        'root-ca.crl: warning, expired',
        'unreadable list: warning, not used',
      ],
    });
    expect(soon.reasons).toMatch(
      /Intermediate CA, O=Viaduct, 0 revoked, until 20\S+, 3 hours; make one with: viaduct pki crl/,
    );
    expect(soon.reasons).toMatch(/foreign\.pem holds no revocation list/);
    const shown = await runToEnd('sh', ['-c', soon.commands?.[0] ?? '']);
    expect(shown.stdout).toMatch(/issuer=.*Intermediate CA[^]*nextUpdate=/);
    await rm(crl('foreign.pem'));
    await write('intermediate-ca', -hour);
    const ended = await listsOf('fail-closed');
    expect(ended).toMatchObject({
      code: 1,
      rows: ['intermediate-ca.crl: no, expired', 'root-ca.crl: warning, expired'],
    });
    expect(ended.reasons).toMatch(/ended on 20\S+, all its clients are refused; make one with/);
    expect((await listsOf('fail-open')).rows?.[0]).toBe('intermediate-ca.crl: warning, expired');
    await rm(crl('intermediate-ca.crl'));
    expect(await listsOf('fail-closed')).toMatchObject({
      code: 1,
      rows: ['root-ca.crl: warning, expired', 'no list: no, missing'],
    });
    expect(await listsOf('off')).toMatchObject({ code: 0, rows: undefined });
    const { out } = await doctor('--config', await configFor({ directory: copy }), ...pump, '-v');
    const [, folder = ''] = /stay until you remove them: (\S+)$/m.exec(out) ?? [];
    await rm(folder, { recursive: true });
    expect(out).toMatch(/^revocation lists {2}\/.*\/lists\/crl {2}fail-open$/m);
    expect(out).toMatch(/^ {2}!! {2}root-ca\.crl +expired: CN=Viaduct Root CA, O=Viaduct, 0 revoked, ended on /m);
    expect(out).toMatch(
      /^ {2}-- {2}no list +missing: CN=Viaduct Intermediate CA, O=Viaduct: who is revoked later is let in$/m,
    );
    expect(out).toMatch(/\d+ checks, all as expected, 1 warning$/m);
  });
});
