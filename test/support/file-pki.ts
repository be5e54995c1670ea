import { afterAll } from 'vitest';
import { type CertificateSource, certificateSource } from '../../src/transport/tls/certificates.ts';
import type { TlsMaterial } from '../../src/transport/tls/material.ts';
import { type TestPki, testPki } from './test-pki.ts';

export interface FilePki {
  readonly pki: TestPki;
  /** What a listener gets: the server's certificate, and the CA for those of clients. */
  readonly material: TlsMaterial;
  readonly certificates: CertificateSource;
}

/** A PKI for all tests of a file, whose end is also its own. */
export async function filePki(): Promise<FilePki> {
  const pki = await testPki();
  afterAll(() => pki[Symbol.asyncDispose]());
  const material = { cert: pki.server.cert, key: pki.server.key, clientCa: pki.chain };
  return { pki, material, certificates: certificateSource(material) };
}
