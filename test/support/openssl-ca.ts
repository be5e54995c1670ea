import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IssuedFiles } from './issued.ts';
import { runProgram, runToEnd } from './run-program.ts';

/** A CA of openssl alone, one root that signs devices, as people make them by hand. */
export interface OpensslCa extends AsyncDisposable {
  /** PEM. */
  readonly root: string;
  readonly rootFile: string;
  issue(commonName: string): Promise<IssuedPair>;
  /** @param responder address of an OCSP responder. @returns a server certificate for localhost that names it. */
  issueServer(commonName: string, responder: string): Promise<IssuedPair>;
  revoke(certFile: string, reason?: string): Promise<void>;
  /** `openssl ocsp` with what the CA knows now; an answer counts for 10 minutes. Disposing it stops it. */
  responder(port: number): Promise<AsyncDisposable>;
  /** @param seconds how long the list counts. @returns it. */
  crl(form: 'PEM' | 'DER', seconds?: number): Promise<Buffer>;
}

type IssuedPair = Pick<IssuedFiles, 'certFile' | 'keyFile' | 'cert' | 'key'>;

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
  const issue = async (commonName: string, extensions: readonly string[]): Promise<IssuedPair> => {
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
      ...extensions,
      '-notext',
      '-in',
      `${file}.csr`,
      '-out',
      `${file}.pem`,
    );
    const [certFile, keyFile] = [join(directory, `${file}.pem`), join(directory, `${file}.key`)];
    return { certFile, keyFile, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
  };
  return {
    rootFile: join(directory, 'root.pem'),
    root: await readFile(join(directory, 'root.pem'), 'utf8'),
    issue: (commonName) => issue(commonName, ['-extensions', 'device']),
    async issueServer(commonName, responder) {
      const file = join(directory, 'server.ext');
      await writeFile(
        file,
        `subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nauthorityInfoAccess=OCSP;URI:${responder}\n`,
      );
      return issue(commonName, ['-extfile', file]);
    },
    revoke: (certFile, reason = 'keyCompromise') =>
      openssl('ca', '-batch', '-config', 'ca.cnf', '-revoke', certFile, '-crl_reason', reason),
    async crl(form, seconds = 3_600) {
      await openssl('ca', '-batch', '-config', 'ca.cnf', '-gencrl', '-crlsec', String(seconds), '-out', 'list.pem');
      await openssl('crl', '-in', 'list.pem', '-outform', form, '-out', 'list.out');
      return readFile(join(directory, 'list.out'));
    },
    async responder(port) {
      const signer = ['-CA', 'root.pem', '-rsigner', 'root.pem', '-rkey', 'root.key'];
      const rest = ['-index', 'index.txt', '-nmin', '10', '-port', String(port)];
      const program = runProgram('openssl', ['ocsp', ...signer, ...rest], { cwd: directory });
      await program.stdout.waitFor(/^ACCEPT /);
      return program;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
