import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IssuedFiles } from './issued.ts';
import { runToEnd } from './run-program.ts';

/** A CA of openssl alone, one root that signs devices, as people make them by hand. */
export interface OpensslCa extends AsyncDisposable {
  /** PEM. */
  readonly root: string;
  issue(commonName: string): Promise<Pick<IssuedFiles, 'certFile' | 'keyFile' | 'cert' | 'key'>>;
  revoke(certFile: string, reason?: string): Promise<void>;
  /** @param seconds how long the list counts. @returns it. */
  crl(form: 'PEM' | 'DER', seconds?: number): Promise<Buffer>;
}

const config = `
[ca]
default_ca = test
[test]
dir = .
database = ./index.txt
serial = ./serial
crlnumber = ./crlnumber
new_certs_dir = .
certificate = ./root.pem
private_key = ./root.key
default_md = sha256
default_days = 30
policy = any
[any]
organizationName = optional
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[device]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = clientAuth
`;

export async function opensslCa(name: string): Promise<OpensslCa> {
  const directory = await mkdtemp(join(tmpdir(), 'viaduct-openssl-'));
  const openssl = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await runToEnd('openssl', args, { cwd: directory });
    if (code !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
  };
  await writeFile(join(directory, 'ca.cnf'), config);
  await writeFile(join(directory, 'index.txt'), '');
  await writeFile(join(directory, 'serial'), '1000\n');
  await writeFile(join(directory, 'crlnumber'), '01\n');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-config', 'ca.cnf'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-extensions',
    'root',
    '-days',
    '60',
    '-subj',
    `/O=${name}/CN=${name} Root`,
    '-keyout',
    'root.key',
    '-out',
    'root.pem',
  );
  await mkdir(join(directory, 'devices'));
  return {
    root: await readFile(join(directory, 'root.pem'), 'utf8'),
    async issue(commonName) {
      const file = `devices/${commonName}`;
      await openssl(
        'req',
        ...key,
        '-subj',
        `/O=${name}/CN=${commonName}`,
        '-keyout',
        `${file}.key`,
        '-out',
        `${file}.csr`,
      );
      await openssl(
        'ca',
        '-batch',
        '-config',
        'ca.cnf',
        '-extensions',
        'device',
        '-notext',
        '-in',
        `${file}.csr`,
        '-out',
        `${file}.pem`,
      );
      const [certFile, keyFile] = [join(directory, `${file}.pem`), join(directory, `${file}.key`)];
      return { certFile, keyFile, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
    },
    revoke: (certFile, reason = 'keyCompromise') =>
      openssl('ca', '-batch', '-config', 'ca.cnf', '-revoke', certFile, '-crl_reason', reason),
    async crl(form, seconds = 3_600) {
      await openssl('ca', '-batch', '-config', 'ca.cnf', '-gencrl', '-crlsec', String(seconds), '-out', 'list.pem');
      await openssl('crl', '-in', 'list.pem', '-outform', form, '-out', 'list.out');
      return readFile(join(directory, 'list.out'));
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
