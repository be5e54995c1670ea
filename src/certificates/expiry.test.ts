import { beforeAll, describe, expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { recordedTelemetry } from '../../test/support/recorded-telemetry.ts';
import { type Authority, createAuthority, createRoot, type IssuedCertificate } from '../pki/issue/authority.ts';
import { type CertificateInUse, certificatesInUse, expiresSoon, expiryWatch } from './expiry.ts';

const dayMs = 86_400_000;
const made = Date.UTC(2026, 5, 1);

let authority: Authority;
let server: IssuedCertificate;
beforeAll(async () => {
  authority = await createAuthority({ now: () => made });
  server = await authority.issueServer({ commonName: 'localhost', altNames: [{ type: 'dns', value: 'localhost' }] });
});

describe('a certificate expires soon', () => {
  test.each([
    [365, 335 - 1, false],
    [365, 335 + 1, true],
    [365, 366, true],
    [3_650, 2_500, false],
    [9, 5, false],
    [9, 7, true],
  ])('of %i days after %i days: %s', (lifeDays, ageDays, expected) => {
    const validity = { notBefore: made, notAfter: made + lifeDays * dayMs };
    expect(expiresSoon(validity, made + ageDays * dayMs)).toBe(expected);
  });
});

test('what listeners show and trust is in use, the first to end at the front', () => {
  const inUse = certificatesInUse({
    cert: server.cert,
    clientCa: authority.root.certificate + authority.intermediate.certificate,
  });
  expect(inUse.map(({ file, subject }) => [file, subject])).toEqual([
    ['server.pem', expect.stringContaining('CN=localhost')],
    ['server.pem', expect.stringContaining('CN=Viaduct Intermediate CA')],
    ['ca-chain.pem', expect.stringContaining('CN=Viaduct Intermediate CA')],
    ['ca-chain.pem', expect.stringContaining('CN=Viaduct Root CA')],
  ]);
  expect(inUse[0]?.notAfter).toBe(made + 365 * dayMs);
});

test('a CA that was renewed is watched in its latest form only', async () => {
  const later = { now: () => made + 100 * dayMs };
  const renewed = await createRoot(later, authority.root.key);
  const stranger = await createRoot(later);
  const of = (clientCa: string) => certificatesInUse({ cert: '', clientCa }).map(({ notAfter }) => notAfter - made);
  const [first, second] = [3_650 * dayMs, 3_750 * dayMs];
  expect(of(authority.root.certificate + renewed.certificate)).toEqual([second]);
  expect(of(authority.root.certificate + stranger.certificate)).toEqual([first, second]);
});

test('of a large bundle the twenty that end first are watched', () => {
  const clientCa = authority.root.certificate.repeat(30) + authority.intermediate.certificate;
  const inUse = certificatesInUse({ cert: '', clientCa });
  expect(inUse).toHaveLength(20);
  expect(inUse[0]?.subject).toContain('Intermediate');
});

describe('the watch', () => {
  const one = (daysLeft: number): CertificateInUse => ({
    file: 'server.pem',
    subject: 'CN=localhost',
    notBefore: made - 300 * dayMs,
    notAfter: made + daysLeft * dayMs,
  });

  test('warns once a day from the day on that care is needed, and says when it is over', () => {
    const clock = fakeClock(made);
    const telemetry = recordedTelemetry();
    const watch = expiryWatch({ inUse: () => [one(32)], clock, events: telemetry.events });
    watch.start();
    clock.advance(2 * dayMs);
    expect(telemetry.lines('warn')).toEqual([]);
    clock.advance(31 * dayMs);
    const lines = telemetry.lines('warn');
    expect(lines).toHaveLength(31);
    expect(lines[0]).toBe(
      'certificates: "CN=localhost" in server.pem expires in 29 days (2026-07-03T00:00:00Z); put a new one there',
    );
    expect(lines[28]).toContain('expires in 1 day ');
    expect(lines[30]).toContain('has expired on 2026-07-03T00:00:00Z and is refused');
    expect(telemetry.count('certificate_expiry_warnings_total', { file: 'server.pem' })).toBe(31);
  });

  test('looks at what is in use then, and leaves no timer behind', () => {
    const clock = fakeClock(made);
    const telemetry = recordedTelemetry();
    let inUse = [one(10)];
    const watch = expiryWatch({ inUse: () => inUse, clock, events: telemetry.events });
    watch.stop();
    watch.start();
    watch.start();
    expect(clock.timers).toBe(1);
    clock.advance(dayMs);
    inUse = [one(365)];
    clock.advance(dayMs);
    expect(telemetry.lines('warn')).toHaveLength(1);
    watch.stop();
    watch.stop();
    expect(clock.timers).toBe(0);
  });
});
