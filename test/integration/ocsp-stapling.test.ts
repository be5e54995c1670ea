import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { staple } from '../../src/certificates/staple.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { freePorts } from '../support/free-ports.ts';
import { type OpensslCa, opensslCa } from '../support/openssl-ca.ts';
import { recordedTelemetry } from '../support/recorded-telemetry.ts';
import { runToEnd } from '../support/run-program.ts';

let ca: OpensslCa;
beforeAll(async () => {
  ca = await opensslCa('Stapling');
});
afterAll(() => ca[Symbol.asyncDispose]());

const minuteMs = 60_000;
const url = (port: number): string => `http://127.0.0.1:${port}`;

describe('a listener whose certificate names an OCSP responder', () => {
  let broker: TestBroker;
  let responder: AsyncDisposable;
  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const pair = async (name: string): Promise<{ certificate: string; key: string }> => {
      const { certFile, keyFile, cert } = await ca.issueServer(name, url(port));
      await writeFile(certFile, cert + ca.root);
      return { certificate: certFile, key: keyFile };
    };
    const listener = { bind: '127.0.0.1:0', tls: 'one-way', accept: ['websocket', 'http'] };
    const [stapled, site] = [await pair('stapled'), await pair('site')];
    responder = await ca.responder(port);
    broker = await startBroker({
      listeners: [
        {
          ...listener,
          ...stapled,
          name: 'stapled',
          certificates: [{ ...site, names: ['site.example'] }],
        },
        { ...listener, name: 'own' },
      ],
    });
    for (const name of ['stapled', 'site']) await broker.log.waitFor(new RegExp(`says that CN=${name}.* is good`));
  });
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
    await responder[Symbol.asyncDispose]();
  });

  const status = async (listener: string, ...args: readonly string[]): Promise<string> => {
    const to = ['-connect', `127.0.0.1:${broker.port(listener)}`];
    return (await runToEnd('openssl', ['s_client', ...to, '-status', ...args])).stdout;
  };

  test.each([
    ['TLS 1.3', ['-tls1_3']],
    ['TLS 1.2', ['-tls1_2']],
    ['a server name that is not known', ['-servername', 'localhost']],
    ['the certificate of another server name', ['-servername', 'site.example']],
  ])('hands the response to a client that asks, with %s', async (_what, args) => {
    const said = await status('stapled', ...args);
    expect(said).toMatch(/OCSP Response Status: successful/);
    expect(said).toMatch(/Cert Status: good/);
  });

  test('satisfies a client that demands it', async () => {
    const curl = (listener: string) => {
      const to = `https://localhost:${broker.port(listener)}/healthz`;
      const trust = ['--cacert', listener === 'own' ? broker.file('root-ca.pem') : ca.rootFile];
      return runToEnd('curl', ['-sS', '--cert-status', ...trust, '-o', '/dev/null', to]);
    };
    expect(await curl('stapled')).toMatchObject({ code: 0 });
    expect(await curl('own')).toMatchObject({ code: 91, stderr: expect.stringMatching(/No OCSP response received/) });
  });

  test('is the only one: a certificate without responder has no response', async () => {
    expect(await status('own')).toMatch(/OCSP response: no response sent/);
  });
});

describe('the response of a certificate', () => {
  const stapled = async () => {
    const [responderPort = 0] = await freePorts(1);
    const { cert, certFile } = await ca.issueServer(`server-${responderPort}`, url(responderPort));
    const clock = fakeClock(Date.now());
    const telemetry = recordedTelemetry();
    const certificate = new X509Certificate(cert);
    const of = { certificate, issuer: new X509Certificate(ca.root), responder: url(responderPort) };
    const own = staple(of, { clock, events: telemetry.events });
    return { port: responderPort, certFile, clock, telemetry, own, [Symbol.asyncDispose]: async () => own.stop() };
  };

  test('is asked for again where the responder does not answer, and counts from then on', async () => {
    await using it = await stapled();
    it.own.start();
    await it.telemetry.seen('ocsp_failures_total');
    expect(it.telemetry.lines('warn')[0]).toMatch(
      /^certificates: no OCSP response for CN=server-\d+.* from http:\S+: it cannot be asked: .*; asked again at 20\d\d-/,
    );
    expect(it.own.current()).toBeUndefined();
    await using _ = await ca.responder(it.port);
    it.clock.advance(minuteMs);
    await it.telemetry.seen('ocsp_responses_total');
    expect(it.own.current()).toBeInstanceOf(Buffer);
  });

  test('is renewed at half of its time, and never handed out after its end', async () => {
    await using it = await stapled();
    await using responder = await ca.responder(it.port);
    it.own.start();
    await it.telemetry.seen('ocsp_responses_total');
    const first = it.own.current();
    await responder[Symbol.asyncDispose]();
    it.clock.advance(5 * minuteMs + 1_000);
    await it.telemetry.seen('ocsp_failures_total');
    expect(it.own.current()).toBe(first);
    it.clock.advance(5 * minuteMs);
    expect(it.own.current()).toBeUndefined();
  });

  test('is dropped when it says that the certificate was revoked, which is an error', async () => {
    await using it = await stapled();
    await using responder = await ca.responder(it.port);
    it.own.start();
    await it.telemetry.seen('ocsp_responses_total');
    await responder[Symbol.asyncDispose]();
    await ca.revoke(it.certFile);
    await using _ = await ca.responder(it.port);
    it.clock.advance(5 * minuteMs + 1_000);
    await it.telemetry.seen('server_certificate_revocations_total');
    expect(it.own.current()).toBeUndefined();
    expect(it.telemetry.lines('error')[0]).toMatch(/which listeners show, was revoked on 20.*\(key-compromise\)/);
  });

  test('is not taken from the responder of another CA', async () => {
    await using other = await opensslCa('Stapling');
    await using it = await stapled();
    await using _ = await other.responder(it.port);
    it.own.start();
    await it.telemetry.seen('ocsp_failures_total');
    expect(it.own.current()).toBeUndefined();
    expect(it.telemetry.lines('warn')[0]).toMatch(/was not signed by the issuer/);
  });
});
