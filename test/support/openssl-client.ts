import { X509Certificate } from 'node:crypto';
import { runToEnd } from './run-program.ts';

/** The serial number of the certificate that a server shows, as openssl sees it. */
export async function serverSerial(port: number): Promise<string> {
  const { stdout, stderr } = await runToEnd('openssl', ['s_client', '-connect', `127.0.0.1:${port}`]);
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(stdout)?.[0];
  if (pem === undefined) throw new Error(`no certificate from port ${port}: ${stderr}`);
  return new X509Certificate(pem).serialNumber;
}
