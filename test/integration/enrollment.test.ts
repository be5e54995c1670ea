import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EstResponse } from '../../src/enrollment/est-request.ts';
import { readBase64, readCertsOnly } from '../../src/enrollment/pkcs7.ts';
import { issueInFolder, revokeInFolder } from '../../src/pki/folder/operations.ts';
import { describeX509 } from '../../src/pki/x509/inspect.ts';
import { basic, bearer, type EnrollmentBench, enrollmentBench, newCsr } from '../support/enrollment.ts';
import { runToEnd } from '../support/run-program.ts';
import { testPki } from '../support/test-pki.ts';

let bench: EnrollmentBench;
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'viaduct-est-'));
  const rules = [{ identity: 'installer-*', commonNames: ['pump-*'], names: ['DNS:*.plant.example'] }];
  bench = await enrollmentBench({ rules, requestsPerSecond: 10_000 });
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true });
});

/** The one certificate of an answer. */
function certificateOf({ status, body }: EstResponse): X509Certificate {
  expect(body).not.toMatch(/[a-z] [a-z]/); // a sentence says why not
  expect(status).toBe(200);
  const certificates = readCertsOnly(readBase64(body) ?? Buffer.alloc(0));
  if (typeof certificates === 'string' || certificates.length !== 1) throw new Error(`not one certificate: ${body}`);
  return certificates[0]!;
}

const refusal = ({ status, body }: EstResponse): string => `${status} ${body.trim()}`;
const dayMs = 86_400_000;

describe('what anybody may read', () => {
  test('cacerts holds root and intermediate, as openssl reads them (RFC 7030 4.1.3)', async () => {
    const { status, headers, body } = await bench.est('cacerts');
    expect([status, headers['Content-Type'], headers['Content-Transfer-Encoding']]).toEqual([
      200,
      'application/pkcs7-mime',
      'base64',
    ]);
    const pem = `-----BEGIN PKCS7-----\n${body}-----END PKCS7-----\n`;
    const { stdout, code } = await runToEnd('openssl', ['pkcs7', '-print_certs'], { input: pem });
    expect(code).toBe(0);
    expect(stdout).toContain('subject=O = Viaduct, CN = Viaduct Root CA');
    expect(stdout).toContain('subject=O = Viaduct, CN = Viaduct Intermediate CA');
  });

  test('csrattrs asks for a P-256 key and ECDSA, as openssl reads it (RFC 7030 4.5.2)', async () => {
    const { headers, body } = await bench.est('csrattrs');
    expect(headers['Content-Type']).toBe('application/csrattrs');
    const input = readBase64(body) ?? '';
    const { stdout } = await runToEnd('openssl', ['asn1parse', '-inform', 'der'], { input });
    expect(stdout).toMatch(/id-ecPublicKey[^]*prime256v1[^]*ecdsa-with-SHA256/);
  });

  test.each([
    ['GET', 'simpleenroll', 405],
    ['POST', 'cacerts', 405],
    ['GET', 'fullcmc', 404],
    ['GET', 'label/cacerts', 404],
    ['GET', '__proto__', 404],
  ])('%s %s is %d', async (method, operation, status) => {
    expect((await bench.est(operation, { method })).status).toBe(status);
  });
});

describe('a token', () => {
  test('gets a device a client certificate that openssl verifies, and stands in the ledger', async () => {
    const token = await bench.token('pump-*');
    const { csr, key } = await newCsr('pump-7', { altNames: [{ type: 'dns', value: 'pump-7' }] });
    const response = await bench.ask(csr, { authorization: basic('pump-7', token) });
    expect(response.headers['Content-Type']).toBe('application/pkcs7-mime; smime-type=certs-only');
    const certificate = certificateOf(response);
    const file = join(scratch, 'pump-7.pem');
    await writeFile(file, certificate.toString());
    await writeFile(join(scratch, 'pump-7.key'), key);
    const { stdout } = await runToEnd('openssl', [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      join(bench.directory, 'ca-chain.pem'),
      file,
    ]);
    expect(stdout).toContain(': OK');
    const facts = describeX509(certificate);
    expect(facts).toMatchObject({ subject: 'CN=pump-7, O=Viaduct', names: ['pump-7'], isCa: false });
    expect(facts.allows).toEqual({ serverAuth: false, clientAuth: true });
    expect(Math.round((facts.notAfter - bench.clock.now) / dayMs)).toBe(90);
    const entry = (await bench.folder.ledger.read()).get(facts.serialNumber);
    expect(entry?.issuedBy).toBe(`est token ${token.slice(0, 8)}`);
    expect((await bench.tokens.read()).find(({ id }) => id === token.slice(0, 8))?.usedFor).toBe('pump-7');
  });

  test('counts once, however many ask with it at the same time', async () => {
    const before = await bench.issued();
    const token = await bench.token('pump-*');
    const asks = Array.from({ length: 8 }, async (_, index) => (await newCsr(`pump-${index}`)).csr);
    const csrs = await Promise.all(asks);
    const answers = await Promise.all(csrs.map((csr) => bench.ask(csr, { authorization: bearer(token) })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(7);
    expect(await bench.issued()).toBe(before + 1);
    const replayed = await bench.ask(csrs[0]!, { authorization: bearer(token) });
    expect(refusal(replayed)).toMatch(/^401 Token [0-9a-f]{8} was used on .* and counts once; .*make a new token/);
    expect(replayed.headers['WWW-Authenticate']).toContain('Basic realm="enrollment"');
  });

  test('counts once for two programs that share the folder', async () => {
    const token = await bench.token('pump-7');
    const spent = await Promise.all([1, 2, 3, 4].map(() => bench.tokens.spend(token, 'pump-7')));
    expect(spent.filter((problem) => problem === undefined)).toHaveLength(1);
  });

  test('is no longer good once it is revoked or has expired, and a changed one never was', async () => {
    const { csr } = await newCsr('pump-7');
    const ask = async (token: string): Promise<string> =>
      refusal(await bench.ask(csr, { authorization: bearer(token) }));
    const revoked = await bench.token('pump-7');
    await bench.tokens.revoke(revoked.slice(0, 8));
    expect(await ask(revoked)).toMatch(/^401 Token .* was revoked on/);
    const expired = await bench.token('pump-7', { expiresMs: 1_000 });
    bench.clock.now += 1_000;
    expect(await ask(expired)).toMatch(/^401 Token .* has expired on/);
    const stolen = await bench.token('pump-7');
    expect(await ask(`${stolen.slice(0, -1)}${stolen.endsWith('A') ? 'B' : 'A'}`)).toMatch(
      /^401 The token is not known/,
    );
    expect(await ask('')).toMatch(/^401/);
    expect(refusal(await bench.ask(csr))).toMatch(/^401 Show who you are/);
  });

  test('is kept as a hash, in a file for its owner alone', async () => {
    const token = await bench.token('pump-7');
    const text = await readFile(bench.tokens.path, 'utf8');
    expect(text).not.toContain(token.slice(9));
    expect(text).toContain(token.slice(0, 8));
    expect((await stat(bench.tokens.path)).mode & 0o777).toBe(0o600);
  });

  test('is not used up by a request that is refused, nor by a CA that cannot sign', async () => {
    const token = await bench.token('pump-7');
    const authorization = bearer(token);
    expect((await bench.ask((await newCsr('pump-8')).csr, { authorization })).status).toBe(403);
    expect((await bench.ask('garbage!', { authorization })).status).toBe(400);
    const tooLong = await newCsr('pump-7', { altNames: [{ type: 'dns', value: 'other.example' }] });
    expect((await bench.ask(tooLong.csr, { authorization })).status).toBe(403);
    const keyFile = join(bench.directory, 'intermediate-ca.key');
    await rename(keyFile, `${keyFile}.away`);
    const { csr } = await newCsr('pump-7');
    const unable = await bench.ask(csr, { authorization });
    await rename(`${keyFile}.away`, keyFile);
    expect(refusal(unable)).toMatch(/^503 The CA cannot issue now/);
    expect(unable.headers['Retry-After']).toBe('60');
    expect(bench.telemetry.lines('error').at(-1)).toContain('intermediate-ca.key is not there');
    expect((await bench.ask(csr, { authorization })).status).toBe(200);
  });

  test('does not count against a clock that was set back', async () => {
    const token = await bench.token('pump-7');
    const at = bench.clock.now;
    bench.clock.now = at - dayMs;
    const response = await bench.ask((await newCsr('pump-7')).csr, { authorization: bearer(token) });
    bench.clock.now = at;
    expect(response.status).toBe(503);
    expect(bench.telemetry.lines('error').at(-1)).toContain('set the clock of this machine right');
  });
});

describe('a request is refused', () => {
  /** With a good token for `pump-*`, names of `plant.example` and a life of 30 days at most. */
  const refused = async (csr: string | Buffer, more: object = {}): Promise<string> => {
    const token = await bench.token('pump-*', { names: ['*.plant.example'], maxLifetimeMs: 30 * dayMs });
    const before = await bench.issued();
    const response = await bench.ask(csr, { authorization: bearer(token), ...more });
    expect(await bench.issued()).toBe(before);
    return refusal(response);
  };

  test('for a name that the token is not for', async () => {
    expect(await refused((await newCsr('valve-1')).csr)).toMatch(
      /^403 .*valve-1 is refused: est token .* "pump-\*" only/,
    );
    expect(await refused((await newCsr('pump-1', { altNames: [{ type: 'ip', value: '192.0.2.1' }] })).csr)).toMatch(
      /^403/,
    );
    const other = [{ type: 'dns', value: 'broker.example.com' } as const];
    expect(await refused((await newCsr('pump-1', { altNames: other })).csr)).toMatch(/^403 .*broker\.example\.com/);
    const csr = (await newCsr('pump-1')).csr;
    const token = await bench.token('pump-*');
    expect(refusal(await bench.ask(csr, { authorization: basic('pump-2', token) }))).toMatch(
      /^403 The user name "pump-2"/,
    );
  });

  test('for a life longer than the token allows, or one that is none', async () => {
    const { csr } = await newCsr('pump-1');
    expect(await refused(csr, { lifetime: '31d' })).toMatch(/^403 A lifetime of 31d is too long; .* 30d at most/);
    expect(await refused(csr, { lifetime: '1s' })).toMatch(/^400 "1s" is no lifetime/);
    expect(await refused(csr, { lifetime: 'for ever' })).toMatch(/^400/);
  });

  test('for 10,000 alternative names, with and without room for them in the body', async () => {
    const altNames = Array.from(
      { length: 10_000 },
      (_, index) => ({ type: 'dns', value: `n${index}.plant.example` }) as const,
    );
    const { csr } = await newCsr('pump-1', { altNames });
    expect(await refused(csr)).toMatch(/^413 .*larger than 98304 bytes/);
    const few = await newCsr('pump-1', { altNames: altNames.slice(0, 2_000) });
    expect(await refused(few.csr)).toMatch(/^400 .*2000 alternative names; at most 100/);
  });

  test('when its signature was made with another key, or its bytes were changed', async () => {
    const [one, two] = await Promise.all([newCsr('pump-1'), newCsr('pump-1')]);
    const der = (pem: string): Buffer => readBase64(pem.replace(/-----[^-]+-----/g, ''))!;
    const forged = Buffer.from(der(one.csr));
    der(two.csr)
      .subarray(-8)
      .copy(forged, forged.length - 8);
    expect(await refused(forged)).toMatch(/^400 /);
    const renamed = Buffer.from(der(one.csr).toString('latin1').replace('pump-1', 'pump-2'), 'latin1');
    expect(await refused(renamed)).toMatch(/^400 .*not made with the key that it wants certified/);
  });

  test('when it asks for a CA or for a server', async () => {
    expect(await refused((await newCsr('pump-1', { isCa: true })).csr)).toMatch(/^400 .*CA:TRUE/);
    expect(await refused((await newCsr('pump-1', { extendedUses: ['serverAuth'] })).csr)).toMatch(/^400 .*serverAuth/);
  });

  test('when it is no request, of another content type, or not over TLS', async () => {
    const { csr } = await newCsr('pump-1');
    expect(await refused('')).toMatch(/^400 /);
    expect(await refused('no base64!')).toMatch(/^400 The body is no base64/);
    expect(await refused(csr, { contentType: 'application/json' })).toMatch(/^415 /);
    expect(await refused(csr, { contentType: undefined })).toMatch(/^415 /);
    expect(await refused(csr, { isSecure: false })).toMatch(/^403 Certificates are given over https only/);
  });
});

describe('a certificate', () => {
  const leafOf = async (commonName: string): Promise<string> =>
    (await issueInFolder(bench.folder, 'client', { commonName, altNames: [{ type: 'dns', value: commonName }] })).leaf;
  const renew = async (certificate: string, csr: string): Promise<EstResponse> =>
    bench.ask(csr, { operation: 'simplereenroll', certificate });

  test('is renewed with its own names, and the ledger says which took its place (RFC 7030 4.2.2)', async () => {
    const certificate = await leafOf('valve-1');
    const next = certificateOf(await renew(certificate, (await newCsr('valve-1')).csr));
    const before = describeX509(new X509Certificate(certificate));
    expect(describeX509(next)).toMatchObject({ subject: before.subject, names: ['valve-1'] });
    const entry = (await bench.folder.ledger.read()).get(before.serialNumber);
    expect(entry?.replacedBy).toBe(next.serialNumber);
    const altNames = [{ type: 'dns', value: 'valve-1' } as const];
    const same = await newCsr('valve-1', { subject: { commonName: 'valve-1', organization: 'Viaduct' }, altNames });
    expect((await renew(certificate, same.csr)).status).toBe(200);
    expect((await bench.ask((await newCsr('valve-1')).csr, { certificate })).status).toBe(200);
  });

  test('is not renewed for other names', async () => {
    const certificate = await leafOf('valve-2');
    const other = [{ type: 'dns', value: 'valve-3' } as const];
    for (const { csr } of [
      await newCsr('valve-3'),
      await newCsr('valve-2', { altNames: other }),
      await newCsr('valve-2', { subject: { commonName: 'valve-2', organization: 'Other' } }),
    ])
      expect(refusal(await renew(certificate, csr))).toMatch(/^403 The request must have the names of the certificate/);
    expect((await bench.ask((await newCsr('valve-3')).csr, { certificate })).status).toBe(403);
  });

  test('is not renewed once it is revoked or has expired, nor when another CA made it', async () => {
    const { csr } = await newCsr('valve-4');
    const revoked = await leafOf('valve-4');
    await revokeInFolder(bench.folder, { pem: revoked }, 'key-compromise');
    expect(refusal(await renew(revoked, csr))).toMatch(/^403 .*was revoked on .* \(key-compromise\)/);
    const short = await issueInFolder(bench.folder, 'client', {
      commonName: 'valve-4',
      notAfter: bench.clock.now + 60_000,
    });
    bench.clock.now += 61_000;
    expect(refusal(await renew(short.leaf, csr))).toMatch(/^403 .*has expired on/);
    await using other = await testPki();
    const foreign = (await other.client({ cn: 'valve-4' })).leaf;
    expect(refusal(await renew(foreign, csr))).toMatch(/^403 .*not by a CA in/);
    const server = await readFile(join(bench.directory, 'server.pem'), 'utf8');
    expect(refusal(await renew(server, csr))).toMatch(/^403 .*is no client certificate/);
    expect(
      refusal(await bench.ask(csr, { operation: 'simplereenroll', authorization: bearer(await bench.token('*')) })),
    ).toMatch(/^401 A certificate is renewed with itself/);
  });

  test('of an installer enrolls what the rules let it, and nothing else', async () => {
    const installer = await leafOf('installer-1');
    const altNames = [{ type: 'dns', value: 'pump-9.plant.example' } as const];
    const pump = certificateOf(await bench.ask((await newCsr('pump-9', { altNames })).csr, { certificate: installer }));
    expect(describeX509(pump)).toMatchObject({ subject: 'CN=pump-9, O=Viaduct', names: ['pump-9.plant.example'] });
    expect((await bench.ask((await newCsr('valve-9')).csr, { certificate: installer })).status).toBe(403);
    expect((await bench.ask((await newCsr('pump-9')).csr, { certificate: await leafOf('valve-9') })).status).toBe(403);
    expect((await renew(installer, (await newCsr('pump-9')).csr)).status).toBe(403);
  });
});
