import { generateKeyPairSync } from 'node:crypto';
import { basename } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type CertificateFolder,
  certificateFolder,
  day,
  localhost,
  madeAt,
} from '../../../test/support/certificate-folder.ts';
import { createAuthority } from '../issue/authority.ts';
import { ensureCertificates } from './ensure.ts';

let folder: CertificateFolder;
let other: CertificateFolder;

beforeAll(async () => {
  [folder, other] = await Promise.all([certificateFolder(), certificateFolder()]);
});

test('a complete folder is taken as it is, without a warning', async () => {
  await expect(folder.start()).resolves.toEqual({
    directory: '/srv/certs',
    created: [],
    cert: folder.files['server.pem'],
    key: folder.files['server.key'],
    clientCa: folder.files['ca-chain.pem'],
    files: {
      rootCa: '/srv/certs/root-ca.pem',
      intermediateCa: '/srv/certs/intermediate-ca.pem',
      caChain: '/srv/certs/ca-chain.pem',
      server: '/srv/certs/server.pem',
      serverKey: '/srv/certs/server.key',
      clientDemo: '/srv/certs/client-demo.pem',
      clientDemoKey: '/srv/certs/client-demo.key',
      clientDemoP12: '/srv/certs/client-demo.p12',
    },
    serverExpiresAt: madeAt + 365 * day,
    warnings: [],
  });
});

describe('a damaged file is named, with what to do', () => {
  test.each(['root-ca.pem', 'intermediate-ca.pem', 'ca-chain.pem', 'server.pem'] as const)('%s', async (name) => {
    const cut = await folder.refusal({ files: { [name]: folder.files[name].slice(0, 200) } });
    expect(cut).toMatch(
      /^certificate-invalid: \/srv\/certs\/[a-z.-]+\.pem is damaged or cut off .*; put a good copy back/,
    );
    expect(cut).toContain(`/srv/certs/${name} `);
    const empty = await folder.refusal({ files: { [name]: '' } });
    expect(empty).toMatch(/^certificate-invalid: .* is empty; put a good copy back/);
  });

  test.each(['root-ca.key', 'intermediate-ca.key', 'server.key'] as const)('%s', async (name) => {
    const cut = await folder.refusal({ files: { [name]: folder.files[name].slice(0, 100) } });
    expect(cut).toMatch(/^key-unreadable: \/srv\/certs\/[a-z.-]+\.key is damaged or cut off; put .* back, or [^\n]*$/);
    expect(cut).toContain(`/srv/certs/${name} `);
  });

  test('a key with a passphrase', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const pem = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
    const locked = privateKey.export(pem).toString();
    expect(await folder.refusal({ files: { 'server.key': locked } })).toMatch(
      /^key-unreadable: .*server\.key is protected by a passphrase; remove it with: openssl pkey/,
    );
  });
});

describe('files that do not belong together are named, with what to do', () => {
  test('a key of another certificate', async () => {
    const { key } = other.authority.root;
    expect(await folder.refusal({ files: { 'server.key': key } })).toBe(
      'certificate-mismatch: /srv/certs/server.key is not the key of server.pem; put the right key back, or delete server.pem and server.key to have both made anew',
    );
    expect(await folder.refusal({ files: { 'root-ca.key': key } })).toBe(
      'certificate-mismatch: /srv/certs/root-ca.key is not the key of root-ca.pem; put the right key back, or remove it: only issuing needs it',
    );
  });

  test('an intermediate of another root', async () => {
    const { certificate, key } = other.authority.intermediate;
    expect(await folder.refusal({ files: { 'intermediate-ca.pem': certificate, 'intermediate-ca.key': key } })).toBe(
      'certificate-mismatch: /srv/certs/intermediate-ca.pem carries the name of root-ca.pem as issuer, but was signed with another key; put the two back that belong together, or empty the folder to have everything made',
    );
  });

  test('a server certificate of another CA of the same name', async () => {
    const { 'server.pem': pem, 'server.key': key } = other.files;
    expect(await folder.refusal({ files: { 'server.pem': pem, 'server.key': key } })).toBe(
      'certificate-mismatch: /srv/certs/server.pem names CN=Viaduct Intermediate CA, O=Viaduct as its issuer, but was not signed by the key of intermediate-ca.pem; put back the intermediate-ca.pem that issued it, or delete server.pem to have a new one made for the same key',
    );
  });

  test('an intermediate before the server certificate', async () => {
    const { leaf, key } = await folder.authority.issueServer({ commonName: 'localhost', altNames: localhost });
    const pem = folder.authority.intermediate.certificate + leaf;
    expect(await folder.refusal({ files: { 'server.pem': pem, 'server.key': key } })).toBe(
      "certificate-mismatch: /srv/certs/server.pem begins with CN=Viaduct Intermediate CA, O=Viaduct, but server.key belongs to CN=localhost, O=Viaduct further down; put the server's own certificate first, then its issuers",
    );
  });

  test('a chain with a wrong issuer behind the server certificate (RFC 8446 4.4.2)', async () => {
    const { leaf, key } = await folder.authority.issueServer({ commonName: 'localhost', altNames: localhost });
    const pem = leaf + folder.authority.root.certificate;
    expect(await folder.refusal({ files: { 'server.pem': pem, 'server.key': key } })).toMatch(
      /^certificate-mismatch: .*server\.pem is out of order: certificate 2 \(CN=Viaduct Root CA, O=Viaduct\) did not issue certificate 1 \(CN=localhost, O=Viaduct\); put each issuer after what it issued/,
    );
  });
});

describe('a certificate out of its time is named, with what to do', () => {
  test('expired', async () => {
    expect(await folder.refusal({ now: madeAt + 366 * day })).toBe(
      'certificate-expired: /srv/certs/server.pem expired on 2027-06-01T00:00:00Z (CN=localhost, O=Viaduct); delete server.pem to have a new one made for the same key',
    );
    expect(await folder.refusal({ now: madeAt + 1_826 * day })).toMatch(
      /^certificate-expired: .*intermediate-ca\.pem expired .*; delete intermediate-ca\.pem, ca-chain\.pem, server\.pem and client-demo\.\* to have them made anew under the same root/,
    );
    expect(await folder.refusal({ now: madeAt + 3_651 * day })).toMatch(/root-ca\.pem expired .*; empty the folder/);
  });

  test('not valid yet', async () => {
    expect(await folder.refusal({ now: madeAt - day })).toBe(
      'certificate-invalid: /srv/certs/root-ca.pem is not valid before 2026-05-31T23:55:00Z (CN=Viaduct Root CA, O=Viaduct), and the clock says 2026-05-31T00:00:00Z; set the clock of this machine right, or empty the folder to have a new CA and all certificates made',
    );
  });

  test('a bundle of expired CAs only', async () => {
    const old = await createAuthority({ now: () => madeAt - 4_000 * day });
    expect(await folder.refusal({ files: { 'ca-chain.pem': old.caChain } })).toMatch(
      /^certificate-expired: .*ca-chain\.pem holds expired CAs only, the last until .*; put new ones there/,
    );
  });
});

describe('a certificate of the wrong kind is named, with what to do', () => {
  test('a CA shown by the server (RFC 5280 4.2.1.9)', async () => {
    const { certificate, key } = folder.authority.intermediate;
    expect(await folder.refusal({ files: { 'server.pem': certificate, 'server.key': key } })).toMatch(
      /^certificate-invalid: .*server\.pem is a CA certificate .*; delete server\.pem to have a new one/,
    );
  });

  test('a client certificate shown by the server (RFC 5280 4.2.1.12)', async () => {
    const { 'client-demo.pem': pem, 'client-demo.key': key } = folder.files;
    expect(await folder.refusal({ files: { 'server.pem': pem, 'server.key': key } })).toMatch(
      /^certificate-invalid: .*server\.pem is not meant for a server .* without serverAuth/,
    );
  });

  test('an end certificate where a CA belongs', async () => {
    const { 'server.pem': leaf, 'server.key': key, 'ca-chain.pem': chain } = folder.files;
    expect(await folder.refusal({ files: { 'ca-chain.pem': chain + leaf } })).toMatch(
      /^certificate-invalid: .*holds CN=localhost, O=Viaduct \(certificate 3\), which is not a CA certificate; take it out/,
    );
    expect(await folder.refusal({ files: { 'root-ca.pem': leaf, 'root-ca.key': key } })).toMatch(
      /^certificate-invalid: .*root-ca\.pem is not a CA certificate \(CN=localhost, O=Viaduct has no CA flag\)/,
    );
  });
});

describe('a file that cannot be read is named, with what to do', () => {
  test.each([
    [
      'server.key',
      'EACCES',
      'key-unreadable',
      /server\.key cannot be read: the user .* may not read it; make it readable/,
    ],
    ['server.pem', 'EACCES', 'certificate-unreadable', /server\.pem cannot be read: .* chown/],
    [
      'server.pem',
      'EIO',
      'certificate-unreadable',
      /server\.pem cannot be read: EIO: no; put a readable PEM file there/,
    ],
  ] as const)('%s with %s', async (broken, system, code, message) => {
    const failure = Object.assign(new Error(`${system}: no`), { code: system });
    const started = ensureCertificates({
      directory: '/srv/certs',
      names: [],
      hostname: 'box',
      now: () => madeAt,
      read: (path) => (basename(path) === broken ? Promise.reject(failure) : Promise.resolve(undefined)),
    });
    await expect(started).rejects.toMatchObject({ name: 'StartError', code });
    await expect(started).rejects.toThrow(message);
  });
});
