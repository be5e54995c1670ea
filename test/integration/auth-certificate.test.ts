import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccess } from '../../src/auth/access.ts';
import { accessSchema } from '../../src/auth/schema.ts';
import type { AuthenticationVerdict, Peer } from '../../src/broker/ports.ts';
import { type Authority, createAuthority } from '../../src/pki/issue/authority.ts';
import { certificateSource } from '../../src/transport/tls/certificates.ts';
import { authenticationRequest } from '../support/authentication-request.ts';
import { hex } from '../support/packet-bytes.ts';
import { providerDeps } from '../support/provider-deps.ts';
import { connectA } from '../support/raw-client.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

let authority: Authority;
let listener: TestListener;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  directory = await temporaryDirectory();
  authority = await createAuthority({ now: Date.now });
  const server = await authority.issueServer({
    commonName: 'localhost',
    altNames: [{ type: 'dns', value: 'localhost' }],
  });
  const certificates = certificateSource({ cert: server.cert, key: server.key, clientCa: authority.caChain });
  listener = await startListener({ tls: 'two-way', accept: ['mqtt'] }, { certificates });
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A client certificate made by openssl, as a fleet has them that did not begin with us. */
async function opensslClient(
  subject: string,
  altNames: Readonly<Record<string, string>> = {},
): Promise<ClientCertificate> {
  const at = (name: string): string => `${directory.path}/${name}`;
  await writeFile(at('ca.pem'), authority.intermediate.certificate);
  await writeFile(at('ca.key'), authority.intermediate.key);
  const names = Object.entries(altNames).map(([kind, value]) => `${kind} = ${value}`);
  const extensions = [
    'basicConstraints = critical, CA:FALSE',
    'extendedKeyUsage = clientAuth',
    ...(names.length === 0 ? [] : ['subjectAltName = @alt']),
  ];
  const config = ['[req]', 'distinguished_name = dn', '[dn]', '[client]', ...extensions, '[alt]', ...names, ''];
  await writeFile(at('openssl.cnf'), config.join('\n'));
  const files = `-CA ${at('ca.pem')} -CAkey ${at('ca.key')} -keyout ${at('client.key')} -out ${at('client.pem')}`;
  const options = `-config ${at('openssl.cnf')} -extensions client -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes`;
  const args = `req -x509 -utf8 -days 2 ${options} ${files}`.split(' ');
  const { code, stderr } = await runToEnd('openssl', [...args, '-subj', subject]);
  expect(code, stderr).toBe(0);
  return { cert: await readFile(at('client.pem'), 'utf8'), key: await readFile(at('client.key'), 'utf8') };
}

/** Goes through a handshake. @returns the peer as the listener hands it over, while the connection lives. */
async function withPeer<T>(client: ClientCertificate, look: (peer: Peer, socket: TLSSocket) => T | Promise<T>) {
  const socket = connect({
    port: listener.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority.caChain,
    ...client,
  });
  try {
    await once(socket, 'secureConnect');
    socket.write(hex(connectA));
    return await look((await listener.accepted()).link.peer, socket);
  } finally {
    socket.destroy();
  }
}

function judge(access: unknown, peer: Peer, clientId = 'x'): AuthenticationVerdict {
  const listeners = [{ name: 'test', bind: { host: '192.0.2.1' } }];
  const authenticator = createAccess(accessSchema.parse(access), providerDeps(listeners));
  const answer = authenticator.authenticate(authenticationRequest({ peer, clientId }));
  if (typeof answer === 'function') throw new Error('access asks nobody else');
  return answer;
}

const principal = (template: string): unknown => ({ certificate: { principal: template } });

test('every field of a certificate that openssl made is read', async () => {
  const client = await opensslClient('/O=Plant, north/OU=pumps/CN=pümp 7', {
    DNS: 'pump7.example.com',
    email: 'pump@example.com',
    URI: 'urn:dev:7',
    IP: '192.0.2.7',
  });
  await withPeer(client, (peer) => {
    const nameBy = (template: string): unknown => {
      const verdict = judge(principal(template), peer);
      return verdict.kind === 'accept' ? verdict.principal : verdict.reason;
    };
    expect(nameBy('{cn}')).toBe('pümp 7');
    expect(nameBy('{o}')).toBe('Plant, north');
    expect(nameBy('{ou}')).toBe('pumps');
    expect(nameBy('{san.dns}')).toBe('pump7.example.com');
    expect(nameBy('{san.email}')).toBe('pump@example.com');
    expect(nameBy('{san.uri}')).toBe('urn:dev:7');
    expect(nameBy('{fingerprint}')).toBe(peer.tls?.certificate?.fingerprint256);
    expect(nameBy('{serial}')).toMatch(/^[0-9a-f]+$/);
  });
});

test('two names in one alternative name stay one, and it is refused (CVE-2021-44532, CVE-2017-7650)', async () => {
  const client = await opensslClient('/CN=a\\/b', { URI: 'http://a/?b=c, DNS:root' });
  await withPeer(client, (peer) => {
    expect(peer.tls?.certificate?.names()).toMatchObject({ uris: ['http://a/?b=c, DNS:root'], dnsNames: [] });
    expect(judge(principal('{san.uri}'), peer)).toMatchObject({
      kind: 'reject',
      reason: expect.stringContaining('holds "/" in its alternative name of type URI'),
    });
    expect(judge({}, peer)).toMatchObject({ reason: expect.stringContaining('holds "/" in its common name') });
  });
});

test('a certificate without a common name is refused by default, in words', async () => {
  await withPeer(await opensslClient('/O=Plant', { DNS: 'pump7.example.com' }), (peer) => {
    expect(judge({}, peer)).toMatchObject({
      kind: 'reject',
      code: 'not-authorized',
      reason:
        'not authorized: certificate "O=Plant" has no common name (CN), which {cn} asks for (access.certificate.principal)',
    });
  });
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a resumed %s session is the same principal', async (version) => {
  const { cert, key } = await authority.issueClient({ commonName: 'pump-7' });
  const options = { port: listener.port, host: '127.0.0.1', servername: 'localhost', ca: authority.caChain, cert, key };
  const versions = { minVersion: version, maxVersion: version } as const;
  const first = connect({ ...options, ...versions });
  const session = once(first, 'session');
  first.write(hex(connectA));
  const [ticket] = (await session) as [Buffer];
  const before = judge(principal('{cn}-{o}'), (await listener.accepted()).link.peer);
  first.destroy();
  const second = connect({ ...options, ...versions, session: ticket });
  second.write(hex(connectA));
  const { peer } = (await listener.accepted()).link;
  expect(peer.tls?.isResumed).toBe(true);
  expect(before).toMatchObject({ reason: expect.stringContaining('"-"') }); // pump-7 holds the mark
  expect(judge(principal('{cn}:{o}'), peer)).toEqual({
    kind: 'accept',
    principal: 'pump-7:Viaduct',
    trust: 'certificate:folder',
  });
  second.destroy();
});
