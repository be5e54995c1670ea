import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CertificateSet, ensureCertificates } from '../../src/pki/folder/ensure.ts';
import { createAuthority, issueLeaf } from '../../src/pki/issue/authority.ts';
import type { Credential } from '../../src/pki/issue/signing.ts';
import { runToEnd } from '../support/run-program.ts';

let directory: string;
let set: CertificateSet;
let server: Server;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'viaduct-pki-'));
  set = await ensureCertificates({ directory, names: [], hostname: 'box', now: Date.now });
  server = createServer({
    cert: set.cert,
    key: set.key,
    ca: set.clientCa,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on('secureConnection', (socket) => {
    const { subject = '' } = socket.getPeerX509Certificate() ?? {};
    socket.end(socket.authorized ? `hello ${subject}` : `refused: ${String(socket.authorizationError)}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true, force: true });
});

const port = (): number => (server.address() as AddressInfo).port;

/** What the server says: a greeting where the client's certificate verified, else OpenSSL's reason. */
async function greeting(options: ConnectionOptions): Promise<string> {
  const socket: TLSSocket = connect({ port: port(), host: '127.0.0.1', servername: 'localhost', ...options });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

const demo = async (): Promise<{ cert: string; key: string }> => ({
  cert: await readFile(set.files.clientDemo, 'utf8'),
  key: await readFile(set.files.clientDemoKey, 'utf8'),
});

describe('two-way TLS with the files of the first start', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s: client and server trust each other by the root or the bundle',
    async (version) => {
      const versions = { minVersion: version, maxVersion: version } as const;
      for (const ca of [set.files.rootCa, set.files.caChain])
        await expect(greeting({ ...(await demo()), ...versions, ca: await readFile(ca) })).resolves.toBe(
          'hello O=Viaduct\nCN=client-demo',
        );
    },
  );

  test('the demo client connects with its PKCS#12 file alone, as Java and browsers do', async () => {
    const pfx = await readFile(set.files.clientDemoP12);
    const ca = await readFile(set.files.rootCa);
    await expect(greeting({ pfx, passphrase: 'viaduct', ca })).resolves.toContain('CN=client-demo');
  });

  test('the server is verified by address as well as by name', async () => {
    const options = { ...(await demo()), ca: await readFile(set.files.rootCa) };
    await expect(greeting({ ...options, servername: '' })).resolves.toContain('hello');
    await expect(greeting({ ...options, servername: 'box' })).resolves.toContain('hello');
    await expect(greeting({ ...options, servername: 'elsewhere' })).rejects.toThrow(
      /does not match certificate's altnames/,
    );
  });

  test('a client without a certificate, of another CA, or with an expired one is refused', async () => {
    const ca = await readFile(set.files.rootCa);
    const stranger = await createAuthority({ now: Date.now });
    const own: Credential = {
      certificate: await readFile(set.files.intermediateCa, 'utf8'),
      key: await readFile(join(directory, 'intermediate-ca.key'), 'utf8'),
    };
    const dayMs = 86_400_000;
    const past = { commonName: 'old', notBefore: Date.now() - 2 * dayMs, notAfter: Date.now() - dayMs };
    const expired = await issueLeaf('client', past, own, { now: Date.now });
    await expect(greeting({ ca })).resolves.toMatch(/^refused/);
    const { cert, key } = await stranger.issueClient({ commonName: 'client-demo' });
    await expect(greeting({ ca, cert, key })).resolves.toMatch(/^refused: UNABLE_TO_/);
    await expect(greeting({ ca, cert: expired.cert, key: expired.key })).resolves.toBe('refused: CERT_HAS_EXPIRED');
  });

  test('openssl s_client verifies the server and is accepted', async () => {
    const { caChain, clientDemo, clientDemoKey } = set.files;
    const target = ['s_client', '-connect', `127.0.0.1:${port()}`, '-servername', 'localhost', '-verify_return_error'];
    const shown = await runToEnd('openssl', [
      ...target,
      '-CAfile',
      caChain,
      '-cert',
      clientDemo,
      '-key',
      clientDemoKey,
    ]);
    expect(shown.stdout).toContain('Verify return code: 0 (ok)');
    expect(shown.stdout).toMatch(/ 1 s:O = Viaduct, CN = Viaduct Intermediate CA/);
  });
});
