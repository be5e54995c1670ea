import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type CertificateFolder,
  certificateFolder,
  clockAt,
  day,
  localhost,
  madeAt,
  onlyFiles,
} from '../../test/support/certificate-folder.ts';
import { createIntermediate, createRoot, issueLeaf } from './issue/authority.ts';
import { certificatesIn, certificatesPem } from './x509/pem.ts';

let folder: CertificateFolder;
let other: CertificateFolder;

beforeAll(async () => {
  [folder, other] = await Promise.all([certificateFolder(), certificateFolder()]);
});

describe('what works, but not for everyone or not for long, is a warning', () => {
  test('a certificate that expires within 30 days, a CA within 90', async () => {
    const { warnings } = await folder.start({ now: madeAt + 353 * day });
    expect(warnings).toEqual([
      '/srv/certs/server.pem expires in 12 days (2027-06-01T00:00:00Z); delete server.pem to have a new one made for the same key',
      '/srv/certs/client-demo.pem expires in 12 days (2027-06-01T00:00:00Z); delete client-demo.* to have all three made anew',
    ]);
    const { root, intermediate } = folder.authority;
    const aged = await createIntermediate(root, clockAt(madeAt), intermediate.key, {
      notAfter: madeAt + 80 * day,
    });
    const ofCa = await folder.start({ files: { 'intermediate-ca.pem': aged.certificate } });
    expect(ofCa.warnings).toEqual([expect.stringMatching(/intermediate-ca\.pem expires in 80 days/)]);
  });

  test('a server certificate without its intermediate', async () => {
    const { leaf, key } = await folder.authority.issueServer({ commonName: 'localhost', altNames: localhost });
    const { warnings } = await folder.start({ files: { 'server.pem': leaf, 'server.key': key } });
    expect(warnings).toEqual([
      "/srv/certs/server.pem holds the server's certificate without the intermediate that issued it (CN=Viaduct Intermediate CA, O=Viaduct), so that clients that trust only the root refuse it; append the intermediate: cat intermediate-ca.pem >> server.pem",
    ]);
  });

  test('a name that the configuration asks for and the certificate does not carry', async () => {
    const { warnings } = await folder.start({ names: ['localhost', 'Broker.example.com', '10.0.0.1'] });
    expect(warnings).toEqual([
      '/srv/certs/server.pem is not for Broker.example.com, 10.0.0.1, as certificates.names asks; delete server.pem to have a new one made for the same key',
    ]);
  });

  test.each(['root-ca.key', 'server.key', 'client-demo.p12'] as const)('%s open to other users', async (name) => {
    const { warnings } = await folder.start({ modes: { [name]: 0o640 } });
    expect(warnings).toEqual([
      `/srv/certs/${name} can be read by other users of this machine; run: chmod 600 /srv/certs/${name}`,
    ]);
  });

  test('a bundle of another CA', async () => {
    const { warnings } = await folder.start({ files: { 'ca-chain.pem': other.authority.caChain } });
    expect(warnings).toEqual([
      '/srv/certs/ca-chain.pem holds neither root-ca.pem nor intermediate-ca.pem, so that clients of this CA are refused; delete it to have it made of them',
    ]);
  });

  test('an expired CA in the bundle beside a valid one', async () => {
    const old = await createRoot(clockAt(madeAt - 4_000 * day));
    const caChain = folder.authority.caChain + old.certificate;
    const { warnings } = await folder.start({ files: { 'ca-chain.pem': caChain } });
    expect(warnings).toEqual([
      expect.stringMatching(/ca-chain\.pem holds CN=Viaduct Root CA, O=Viaduct, which expired on .*; take it out/),
    ]);
  });

  test('a demo client with anything wrong, and nothing is made of it', async () => {
    const strangerKey = other.authority.root.key;
    for (const files of [
      { 'client-demo.pem': 'hello' },
      { 'client-demo.pem': other.files['client-demo.pem'], 'client-demo.key': other.files['client-demo.key'] },
      { 'client-demo.key': strangerKey },
      { 'client-demo.key': '', 'client-demo.pem': undefined, 'client-demo.p12': undefined },
      { 'client-demo.key': strangerKey, 'client-demo.p12': undefined },
    ]) {
      const { created, warnings } = await folder.start({ files });
      expect(created).toEqual([]);
      expect(warnings).toEqual([
        expect.stringMatching(
          /^\/srv\/certs\/client-demo\.(pem|key) .*; delete client-demo\.\* to have all three made anew$/,
        ),
      ]);
    }
  });
});

describe("one's own files are taken as they are", () => {
  test('a server certificate of a public CA and a bundle of the CAs of the clients', async () => {
    const { cert, key } = await other.authority.issueServer({ commonName: 'a', altNames: localhost });
    const clientCa = folder.authority.root.certificate;
    const set = await folder.start(onlyFiles({ 'server.pem': cert, 'server.key': key, 'ca-chain.pem': clientCa }));
    expect(set).toMatchObject({ cert, key, clientCa });
    expect(set.warnings).toEqual([]);
  });

  test('a root that signs servers itself', async () => {
    const root = await createRoot(clockAt(madeAt));
    const { leaf, key } = await issueLeaf('server', { commonName: 'a', altNames: localhost }, root, clockAt(madeAt));
    const { warnings } = await folder.start(
      onlyFiles({
        'server.pem': leaf,
        'server.key': key,
        'root-ca.pem': root.certificate,
        'ca-chain.pem': root.certificate,
      }),
    );
    expect(warnings).toEqual([]);
  });

  test('a wildcard certificate, for the names below it', async () => {
    const altNames = [{ type: 'dns', value: '*.example.com' }] as const;
    const { cert, key } = await folder.authority.issueServer({ commonName: 'a', altNames });
    const files = { 'server.pem': cert, 'server.key': key };
    const { warnings } = await folder.start({ files, names: ['broker.example.com', '*.example.com'] });
    expect(warnings).toEqual([]);
  });

  test('with text around the certificates, which is not sent to clients', async () => {
    const annotated = `subject=...\n${folder.files['server.pem']}\nend`;
    const { cert } = await folder.start({ files: { 'server.pem': annotated } });
    expect(cert).toBe(folder.files['server.pem']);
  });

  test('keys of the CA with a passphrase', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const pem = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
    const locked = privateKey.export(pem).toString();
    const { warnings } = await folder.start({ files: { 'root-ca.key': locked, 'intermediate-ca.key': locked } });
    expect(warnings).toEqual([]);
  });

  test('a CA that was certified again under the same key', async () => {
    const { root, intermediate } = folder.authority;
    const again = await createIntermediate(root, clockAt(madeAt + day), intermediate.key);
    const files = { 'intermediate-ca.pem': again.certificate };
    const { warnings } = await folder.start({ files, now: madeAt + 2 * day });
    expect(again.certificate).not.toBe(intermediate.certificate);
    expect(warnings).toEqual([]);
  });

  test('a demo client of an intermediate that has a new key now, as long as ca-chain.pem holds the one before it', async () => {
    const { root, intermediate } = folder.authority;
    const renewed = await createIntermediate(root, clockAt(madeAt));
    const server = await issueLeaf('server', { commonName: 'a', altNames: localhost }, renewed, clockAt(madeAt));
    const files = {
      'intermediate-ca.pem': renewed.certificate,
      'intermediate-ca.key': renewed.key,
      'server.pem': server.leaf + renewed.certificate,
      'server.key': server.key,
    };
    const during = root.certificate + renewed.certificate + intermediate.certificate;
    expect((await folder.start({ files: { ...files, 'ca-chain.pem': during } })).warnings).toEqual([]);
    const sentAlone = {
      'client-demo.pem': certificatesPem(certificatesIn(folder.files['client-demo.pem']).slice(0, 1)),
    };
    expect((await folder.start({ files: { ...files, ...sentAlone, 'ca-chain.pem': during } })).warnings).toEqual([]);
    const after = root.certificate + renewed.certificate;
    expect((await folder.start({ files: { ...files, ...sentAlone, 'ca-chain.pem': after } })).warnings).toEqual([
      '/srv/certs/client-demo.pem was not signed by the key of intermediate-ca.pem, nor by a CA in ca-chain.pem; delete client-demo.* to have all three made anew',
    ]);
  });

  test('a demo client of a CA in ca-chain.pem that is not the one of the folder', async () => {
    const files = {
      'client-demo.pem': other.files['client-demo.pem'],
      'client-demo.key': other.files['client-demo.key'],
      'ca-chain.pem': folder.authority.caChain + other.authority.caChain,
    };
    expect((await folder.start({ files })).warnings).toEqual([]);
  });
});
