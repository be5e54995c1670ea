import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCertificates } from '../../src/certificates/certificates.ts';
import { certificatesSchema } from '../../src/pki/schema.ts';
import { startBroker } from '../support/broker.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { recordedTelemetry } from '../support/recorded-telemetry.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const dayMs = 86_400_000;

test('metrics show how long each certificate in use is still valid', async () => {
  await using broker = await startBroker();
  const lines = (await broker.telemetry.metricsText()).split('\n');
  const seconds = (file: string, subject: string): number => {
    const start = `viaduct_certificate_expiry_seconds{file="${file}",subject="${subject}`;
    return Number(
      lines
        .find((line) => line.startsWith(start))
        ?.split(' ')
        .at(-1),
    );
  };
  const yearSeconds = (365 * dayMs) / 1_000;
  expect(seconds('server.pem', 'CN=')).toBeGreaterThan(yearSeconds - 600);
  expect(seconds('server.pem', 'CN=')).toBeLessThanOrEqual(yearSeconds);
  expect(seconds('ca-chain.pem', 'CN=Viaduct Intermediate CA')).toBeGreaterThan(yearSeconds);
  expect(seconds('ca-chain.pem', 'CN=Viaduct Root CA')).toBeGreaterThan(yearSeconds);
});

test('the log warns of a certificate in its last month, until it is renewed by a reload', async () => {
  await using directory = await temporaryDirectory();
  const clock = fakeClock(Date.UTC(2026, 5, 1));
  const telemetry = recordedTelemetry();
  const options = certificatesSchema.parse({ directory: directory.path, renewal: { mode: 'off' } });
  const certificates = createCertificates(options, { telemetry, clock });
  expect(certificates.status().certificates).toEqual([]);
  await certificates.start(AbortSignal.timeout(30_000));
  clock.advance(334 * dayMs);
  expect(telemetry.count('certificate_expiry_warnings_total')).toBe(0);
  clock.advance(2 * dayMs);
  expect(telemetry.lines('warn').at(-1)).toMatch(
    /certificates: "CN=.*" in server\.pem expires in 29 days \(2027-06-01T/,
  );
  const daysLeft = () => {
    const { now, certificates: inUse } = certificates.status();
    return ((inUse.find(({ file }) => file === 'server.pem')?.notAfter ?? 0) - now) / dayMs;
  };
  expect(daysLeft()).toBe(29);
  await rm(join(directory.path, 'server.pem'));
  await certificates.reload();
  const warnings = telemetry.count('certificate_expiry_warnings_total');
  clock.advance(100 * dayMs);
  expect(telemetry.count('certificate_expiry_warnings_total')).toBe(warnings);
  expect(daysLeft()).toBe(265);
  await certificates.stop(AbortSignal.abort());
  expect(clock.timers).toBe(0);
});
