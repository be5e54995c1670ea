import { X509Certificate } from 'node:crypto';
import { ConfigError } from '../../kernel/errors.ts';
import { type FileName, type Folder, fileNames } from '../files.ts';
import { caChainOf, createIntermediate, createRoot, issueLeaf } from '../issue/authority.ts';
import { crlUrlsOf, type NewCa } from '../issue/ca-request.ts';
import { constraintsOf } from '../issue/certify.ts';
import type { Credential } from '../issue/signing.ts';
import { encryptKey, passphraseProblem } from '../x509/encrypted-key.ts';
import { outsideConstraints } from '../x509/name-constraints.ts';
import { type AltName, parseAltName, serverAltNames, serverCommonName } from '../x509/names.ts';
import { certificatesPem, parseCertificates } from '../x509/pem.ts';
import { createPkcs12 } from '../x509/pkcs12.ts';
import type { Plan } from './plan.ts';

/** Password of `client-demo.p12`. It protects nothing: the file lies beside the same key in the clear, both mode 0600. */
const demoPassword = 'viaduct';

const demoName = 'client-demo';

export interface MakeOptions {
  readonly hostname: string;
  readonly names: readonly string[];
  readonly now: () => number;
  /** What is said of a CA that is made. */
  readonly ca?: NewCa;
  /** Folder on a web server where the revocation lists are published. */
  readonly crlUrl?: string | undefined;
}

/**
 * Makes what the plan says, in memory. Loads the X.509 and PKCS#12 libraries, which a start with all files in place
 * does without.
 * @param folder existing files, already checked.
 * @returns the new files in the order in which they must be written.
 */
export async function makeMissing(
  plan: Plan,
  folder: Folder,
  options: MakeOptions,
): Promise<readonly (readonly [FileName, Buffer])[]> {
  const made = new Map<FileName, Buffer>();
  const text = (name: FileName): string | undefined => made.get(name)?.toString() ?? folder.text(name);
  const keep = (credential: Credential, name: 'root-ca' | 'intermediate-ca' | 'server' | 'client-demo'): void => {
    if (!folder.has(`${name}.key`)) made.set(`${name}.key`, Buffer.from(credential.key));
    made.set(`${name}.pem`, Buffer.from(credential.certificate));
  };

  const { passphrase, constraints, ...ca } = options.ca ?? {};
  const weak =
    passphrase === undefined || !(plan.root || plan.intermediate) ? undefined : passphraseProblem(passphrase);
  if (weak !== undefined) throw new ConfigError('certificate-invalid', `certificates.passphrase: ${weak}`);
  const leaf = { ...ca, crlUrls: crlUrlsOf(options.crlUrl, 'intermediate-ca') };
  if (plan.root) keep(await createRoot(options, text('root-ca.key'), ca), 'root-ca');
  if (plan.intermediate) {
    const crlUrls = crlUrlsOf(options.crlUrl, 'root-ca');
    const request = { ...ca, crlUrls, ...(constraints === undefined ? {} : { constraints }) };
    const root = credentialOf(text, 'root-ca');
    keep(await createIntermediate(root, options, text('intermediate-ca.key'), request), 'intermediate-ca');
  }
  if (plan.caChain)
    made.set(
      'ca-chain.pem',
      Buffer.from(caChainOf(pemOnly(text('intermediate-ca.pem')), pemOnly(text('root-ca.pem')))),
    );
  if (plan.server) {
    const intermediate = pemOnly(text('intermediate-ca.pem')) ?? '';
    const request = { ...leaf, ...serverNames(intermediate, options), ...keyOf(text('server.key')) };
    const { cert, key } = await issueLeaf('server', request, credentialOf(text, 'intermediate-ca'), options);
    keep({ certificate: cert, key }, 'server');
  }
  if (plan.client) {
    const request = { ...leaf, commonName: demoName, ...keyOf(text('client-demo.key')) };
    const { cert, key } = await issueLeaf('client', request, credentialOf(text, 'intermediate-ca'), options);
    keep({ certificate: cert, key }, 'client-demo');
  }
  if (plan.clientP12) made.set('client-demo.p12', demoP12(text));
  return fileNames.flatMap((name) => {
    const bytes = made.get(name);
    return bytes === undefined ? [] : [[name, encrypted(name, bytes, passphrase)] as const];
  });
}

/**
 * The names of a server certificate made here. Those that it has by default are left out where the intermediate may not
 * certify them; those that the configuration asks for stay, so that they are refused rather than passed over.
 */
function serverNames(
  intermediate: string,
  { hostname, names }: MakeOptions,
): { readonly commonName: string; readonly altNames: readonly AltName[] } {
  const all = serverAltNames(hostname, names);
  const limits = constraintsOf(intermediate);
  if (limits === undefined || typeof limits === 'string')
    return { commonName: serverCommonName(hostname), altNames: all };
  const asked = new Set(names.map(parseAltName).map((name) => (typeof name === 'string' ? '' : name.value)));
  const altNames = all.filter((name) => asked.has(name.value) || outsideConstraints([name], limits) === undefined);
  if (altNames.length === 0)
    throw new ConfigError(
      'certificate-invalid',
      'the name constraints of the intermediate leave no name for the certificate of this server; set certificates.names to names that it may certify, or permit more, e.g. --permit DNS:localhost',
    );
  const host = altNames.find(({ type }) => type === 'dns');
  return { commonName: serverCommonName(host?.value ?? 'localhost'), altNames };
}

const encrypted = (name: FileName, bytes: Buffer, passphrase: string | undefined): Buffer =>
  passphrase !== undefined && name.endsWith('-ca.key') ? Buffer.from(encryptKey(bytes.toString(), passphrase)) : bytes;

const keyOf = (key: string | undefined): { readonly key?: string } => (key === undefined ? {} : { key });

/** The certificates of a file without what people leave around them; a server must not send that. */
function pemOnly(text: string | undefined): string | undefined {
  const certificates = text === undefined ? undefined : parseCertificates(text);
  return certificates === undefined || typeof certificates === 'string' ? undefined : certificatesPem(certificates);
}

function credentialOf(text: (name: FileName) => string | undefined, name: 'root-ca' | 'intermediate-ca'): Credential {
  return { certificate: pemOnly(text(`${name}.pem`)) ?? '', key: text(`${name}.key`) ?? '' };
}

/** Key, leaf, intermediates and root: what a program needs that is given this one file. */
function demoP12(text: (name: FileName) => string | undefined): Buffer {
  const chain = new Map<string, X509Certificate>(); // by fingerprint: the client's file may already hold the root
  for (const name of ['client-demo.pem', 'intermediate-ca.pem', 'root-ca.pem'] as const) {
    const certificates = parseCertificates(text(name) ?? '');
    if (typeof certificates !== 'string')
      for (const certificate of certificates) chain.set(certificate.fingerprint256, certificate);
  }
  return createPkcs12({
    key: text('client-demo.key') ?? '',
    chain: [...chain.values()],
    friendlyName: demoName,
    password: demoPassword,
  });
}
