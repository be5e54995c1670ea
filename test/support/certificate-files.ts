import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestKeyPair, TestPki } from './test-pki.ts';

/** Puts certificates of a test PKI where a broker looks for its own. */
export async function writeCertificates(pki: TestPki, directory: string): Promise<void> {
  const demo = await pki.client({ cn: 'client-demo' });
  await mkdir(directory, { recursive: true });
  const files: readonly (readonly [string, string])[] = [
    ['root-ca.pem', pki.root],
    ['intermediate-ca.pem', pki.intermediate],
    ['ca-chain.pem', pki.chain],
    ['server.pem', pki.server.cert],
    ['server.key', pki.server.key],
    ['client-demo.pem', demo.cert],
    ['client-demo.key', demo.key],
  ];
  for (const [name, text] of files) await writeFile(join(directory, name), text, { mode: 0o600 });
}

/** Writes a client's certificate and key. @returns the options of mosquitto_pub and mosquitto_sub that name them. */
export async function mosquittoIdentity(pki: TestPki, { cert, key }: TestKeyPair): Promise<string[]> {
  return ['--cert', await pki.file(`${cert.length}.pem`, cert), '--key', await pki.file(`${cert.length}.key`, key)];
}
