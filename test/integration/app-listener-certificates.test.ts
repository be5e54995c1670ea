import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureCertificates } from '../../src/pki/folder/ensure.ts';
import { issueInFolder } from '../../src/pki/folder/operations.ts';
import { startBroker } from '../support/broker.ts';
import { caFolder } from '../support/issued.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { testPki } from '../support/test-pki.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  await ensureCertificates({ directory: directory.path, names: [], hostname: 'localhost', now: Date.now });
});
afterAll(() => directory[Symbol.asyncDispose]());

interface Files {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate of the CA of the folder in files of its own. @param change what the file holds instead of the chain */
async function pair(
  name: string,
  { kind = 'server', change, ...request }: PairRequest = {},
): Promise<Files & { readonly name: string }> {
  const { cert, leaf, key } = await issueInFolder(caFolder(directory.path), kind, {
    commonName: `${name}.example`,
    altNames: [{ type: 'dns', value: `${name}.example` }],
    ...(request.keyType === undefined ? {} : { keyType: request.keyType }),
    ...(request.notAfter === undefined ? {} : { notAfter: request.notAfter }),
  });
  const files = { certificate: join(directory.path, `own-${name}.pem`), key: join(directory.path, `own-${name}.key`) };
  await writeFile(files.certificate, change === undefined ? cert : change({ cert, leaf }));
  await writeFile(files.key, key, { mode: 0o600 });
  return { ...files, name };
}

interface PairRequest {
  readonly kind?: 'server' | 'client';
  readonly keyType?: 'rsa-2048';
  readonly notAfter?: number;
  readonly change?: (issued: { readonly cert: string; readonly leaf: string }) => string;
}

const day = 86_400_000;

const start = (listener: object, names: readonly string[] = []) =>
  startBroker({
    listeners: [{ name: 'own', bind: '127.0.0.1:0', tls: 'one-way', accept: ['mqtt'], ...listener }],
    certificates: { directory: directory.path, names },
  });

/** The files in both places where a listener names a certificate. */
const places = [
  ['certificate', ({ certificate, key }: Files) => ({ certificate, key })],
  ['certificates[0]', ({ certificate, key }: Files) => ({ certificates: [{ certificate, key }] })],
] as const;

describe.each(places)('a listener whose %s', (_place, withFiles) => {
  test.each([
    ['client', { kind: 'client' }, /own-client\.pem is not meant for a server .* without serverAuth/],
    [
      'order',
      { change: ({ cert, leaf }) => cert.replace(leaf, '') + leaf },
      /own-order\.pem .*own-order\.key belongs to/,
    ],
    ['damaged', { change: ({ cert }) => cert.slice(0, 300) }, /own-damaged\.pem .*(damaged|cut off)/],
  ] satisfies [string, PairRequest, RegExp][])(
    'is %s does not start, and the message names listener and file',
    async (name, request, message) => {
      const files = await pair(name, request);
      await expect(start(withFiles(files))).rejects.toThrow(message);
      await expect(start(withFiles(files))).rejects.toThrow(/^listener own: /);
    },
  );

  test('has expired does not start', async () => {
    await using pki = await testPki();
    const { cert, key } = await pki.client({ cn: 'old.example', expired: true, wrongPurpose: true }); // serverAuth, that is
    const files = { certificate: await pki.file('old.pem', cert), key: await pki.file('old.key', key) };
    await expect(start(withFiles(files))).rejects.toThrow(/^listener own: .*old\.pem expired on /);
  });

  test('is not the certificate of the key does not start', async () => {
    const [one, other] = [await pair('one'), await pair('other')];
    const mixed = { certificate: one.certificate, key: other.key };
    await expect(start(withFiles(mixed))).rejects.toThrow(
      /^listener own: .*own-other\.key is not the key of own-one\.pem/,
    );
  });

  test('is a leaf alone, or ends soon, starts with a warning', async () => {
    const alone = await pair('alone', { change: ({ leaf }) => leaf, notAfter: Date.now() + 5 * day });
    await using broker = await start(withFiles(alone));
    const lines = broker.log.text();
    expect(lines).toMatch(/listener own: .*own-alone\.pem holds the server's certificate without the intermediate/);
    expect(lines).toMatch(/listener own: .*own-alone\.pem expires in [45] days/);
  });
});

test('a certificate for other names than those that it is to be shown for starts with a warning', async () => {
  const files = await pair('a');
  const { certificate, key } = files;
  await using broker = await start(
    { certificate, key, certificates: [{ certificate, key, names: ['a.example', 'b.example'] }] },
    ['broker.example'],
  );
  expect(broker.log.text()).toMatch(/own-a\.pem is not for broker\.example, as certificates\.names asks/);
  expect(broker.log.text()).toMatch(
    /own-a\.pem is not for b\.example, as listeners\[\]\.certificates\[0\]\.names asks/,
  );
});

test('one that is for one of the names of the broker has no warning: others may be shown for the rest', async () => {
  const { certificate, key } = await pair('a');
  await using broker = await start({ certificate, key }, ['a.example', 'broker.example']);
  expect(broker.log.text()).not.toMatch(/own-a\.pem is not for/);
});

describe('an ECDSA and an RSA certificate for one listener', () => {
  /** What openssl sees. */
  async function keyTypeShown(port: number, args: readonly string[]): Promise<string> {
    const all = ['s_client', '-connect', `127.0.0.1:${port}`, ...args];
    const ca = ['-CAfile', join(directory.path, 'root-ca.pem'), '-verify_return_error'];
    const { stdout, stderr, code } = await runToEnd('openssl', [...all, ...ca]);
    expect(code, stderr).toBe(0);
    return /Peer signature type: (\S+)/.exec(stdout)?.[1] ?? 'none';
  }

  const rsaOnly = [
    ['TLS 1.2', ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256']],
    ['TLS 1.3', ['-tls1_3', '-sigalgs', 'rsa_pss_rsae_sha256']],
  ] as const;

  test.each(rsaOnly)('over %s, devices that know only RSA are shown that, others ECDSA', async (_version, args) => {
    const [first, second] = [await pair('ec'), await pair('rsa', { keyType: 'rsa-2048' })];
    const alternative = { certificate: second.certificate, key: second.key };
    await using broker = await start({
      certificate: first.certificate,
      key: first.key,
      alternative,
      certificates: [{ certificate: first.certificate, key: first.key, names: ['ec.example'], alternative }],
    });
    const version = args[0];
    for (const sni of [[], ['-servername', 'ec.example']]) {
      expect(await keyTypeShown(broker.port('own'), [...args, ...sni])).toMatch(/^RSA/);
      expect(await keyTypeShown(broker.port('own'), [version, ...sni])).toBe('ECDSA');
    }
  });

  test('the second may stand beside the certificate of the folder', async () => {
    const { certificate, key } = await pair('rsa', { keyType: 'rsa-2048' });
    await using broker = await start({ alternative: { certificate, key } });
    expect(await keyTypeShown(broker.port('own'), rsaOnly[0][1])).toMatch(/^RSA/);
    expect(await keyTypeShown(broker.port('own'), [])).toBe('ECDSA');
  });

  test('two of one type are refused: the first would never be shown', async () => {
    const [first, second] = [await pair('one'), await pair('other')];
    const alternative = { certificate: second.certificate, key: second.key };
    const { certificate, key } = first;
    await expect(start({ certificate, key, alternative })).rejects.toThrow(
      /listener own: alternative: both certificates have a key of the type ec/,
    );
  });
});
