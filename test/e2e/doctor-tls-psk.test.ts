import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startBroker } from '../support/broker.ts';
import { type DoctorReport, doctorJsonIn, rowsOf } from '../support/doctor.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory[Symbol.asyncDispose]());

const doctorJson = (...args: string[]) => doctorJsonIn(directory.path, ...args);

describe('listeners with pre-shared keys', () => {
  const secret = '00112233445566778899aabbccddeeff';
  const pskRows = (report: DoctorReport, listener: string): string[] =>
    rowsOf(report, listener).filter((row) => row.includes('pre-shared key'));

  test('take the right key and refuse a wrong one, openssl says the same, and no key is printed', async () => {
    const file = join(directory.path, 'device keys.txt');
    await writeFile(file, `# devices\r\n\r\nfactory:pump 7: ${secret} \r\nother:ff${secret}\r\n`, { mode: 0o600 });
    const withKeys = [
      { name: 'one-way', tls: 'one-way', accept: ['mqtt'] },
      { name: 'two-way', tls: 'two-way', accept: ['mqtt'] },
      { name: 'modern', tls: 'auto', accept: ['mqtt', 'websocket', 'http'], policy: { preset: 'modern' } },
    ].map((one) => ({ ...one, psk: { identities: { file } } }));
    await using started = await startBroker({ listeners: withKeys.map((one) => ({ ...one, bind: '127.0.0.1:0' })) });
    const own = join(directory.path, 'psk.yaml');
    const bound = withKeys.map((one) => ({ ...one, bind: `127.0.0.1:${started.port(one.name)}` }));
    await writeFile(own, stringify({ listeners: bound, certificates: { directory: started.certificates } }));
    const { code, report } = await doctorJson('--config', own);
    const of13 = ['pre-shared key, TLS 1.3: ok, accepted', 'wrong pre-shared key, TLS 1.3: ok, refused by the server'];
    const of12 = ['pre-shared key, TLS 1.2: ok, accepted', 'wrong pre-shared key, TLS 1.2: ok, refused by the server'];
    expect(pskRows(report, 'one-way')).toEqual([...of12, ...of13]);
    expect(pskRows(report, 'two-way')).toEqual([...of12, ...of13]);
    expect(pskRows(report, 'modern')).toEqual(of13);
    expect({ code, text: JSON.stringify(report).includes(secret) }).toEqual({ code: 0, text: false });
    const rows = report.listeners.flatMap(({ checks }) => checks).filter(({ check }) => check.includes('pre-shared'));
    for (const { check, command, outcome } of rows) {
      const { stdout, stderr } = await runToEnd('timeout', ['20', 'sh', '-c', command ?? '']);
      const isAnswered = stdout.startsWith(' 20 02 00 00');
      expect(isAnswered, `${check}: ${command}\n${stdout}${stderr}`).toBe(outcome === 'accepted');
    }
    await writeFile(file, 'factory:pump 7:ff\n');
    const changed = (await doctorJson('--config', own)).report;
    expect(pskRows(changed, 'one-way')[2]).toBe('pre-shared key, TLS 1.3: no, refused by the server');
    await writeFile(file, '# none yet\n');
    const gone = (await doctorJson('--config', own)).report;
    expect(pskRows(gone, 'one-way')).toEqual(['pre-shared key: skipped, not tried']);
    const reasons = gone.listeners[0]?.checks.map(({ reason }) => reason);
    expect(reasons).toContain(`${file} has no line identity:key, the key in hex`);
  });
});
