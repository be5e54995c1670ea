import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openssl } from './openssl.ts';

/** Paths of what openssl made: a root, an intermediate, a server and a device, each a `.pem` with its `.key`. */
export interface OpensslChain {
  path(name: `${'root' | 'intermediate' | 'server' | 'device'}.${'pem' | 'key'}` | 'ca-chain.pem'): string;
}

/** A PKI of somebody else, by the recipes of openssl. `server.pem` has the intermediate behind it. */
export async function opensslChain(directory: string, organization: string): Promise<OpensslChain> {
  const path = (name: string): string => join(directory, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
  const subject = (name: string): string[] => ['-subj', `/O=${organization}/CN=${organization} ${name}`];
  await mkdir(directory, { recursive: true });
  const root = [...key, ...subject('root'), '-keyout', path('root.key'), '-days', '900', '-out', path('root.pem')];
  await openssl('req', '-x509', ...root);
  const sign = async (name: string, issuer: string, extensions: string): Promise<void> => {
    await writeFile(path('extensions'), extensions);
    await openssl('req', '-new', ...key, ...subject(name), '-keyout', path(`${name}.key`), '-out', path('csr'));
    const ca = ['-CA', path(`${issuer}.pem`), '-CAkey', path(`${issuer}.key`), '-CAcreateserial', '-days', '200'];
    await openssl(
      'x509',
      '-req',
      '-in',
      path('csr'),
      ...ca,
      '-extfile',
      path('extensions'),
      '-out',
      path(`${name}.pem`),
    );
  };
  const isCa = 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n';
  await sign('intermediate', 'root', isCa);
  await sign('server', 'intermediate', 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n');
  await sign('device', 'intermediate', 'extendedKeyUsage=clientAuth\n');
  const [intermediate, anchor] = await Promise.all(
    [path('intermediate.pem'), path('root.pem')].map((one) => readFile(one)),
  );
  await writeFile(path('server.pem'), `${String(await readFile(path('server.pem')))}${String(intermediate)}`);
  await writeFile(path('ca-chain.pem'), `${String(intermediate)}${String(anchor)}`);
  return { path };
}
