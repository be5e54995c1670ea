import type { X509Certificate } from 'node:crypto';
import { ocspResponder } from '../pki/revocation/ocsp-request.ts';
import { describeX509 } from '../pki/x509/inspect.ts';
import { certificatesIn } from '../pki/x509/pem.ts';
import type { TlsMaterial } from '../transport/tls/material.ts';
import type { ServerPair } from '../transport/tls/own-certificates.ts';
import type { Stapleable } from './staple.ts';

export interface StapleableCertificates {
  readonly certificates: readonly Stapleable[];
  /** Sentences for the log. */
  readonly warnings: readonly string[];
}

export const noStapling: StapleableCertificates = { certificates: [], warnings: [] };

/** Which of the certificates that listeners show have a responder. The issuer stands behind them, or among the anchors. */
export function stapleable({
  cert,
  clientCa,
  own,
}: Pick<TlsMaterial, 'cert' | 'clientCa' | 'own'>): StapleableCertificates {
  const certificates = new Map<string, Stapleable>();
  const warnings = new Set<string>();
  const ofListeners = [...(own?.values() ?? [])].flatMap(({ pair, named }): readonly ServerPair[] =>
    pair === undefined ? named : [pair, ...named],
  );
  for (const pem of [cert, ...ofListeners.map((pair) => pair.cert)]) {
    const [certificate, ...chain] = certificatesIn(pem);
    const responder = certificate && ocspResponder(certificate);
    if (certificate === undefined || responder === undefined) continue;
    const issuer = [...chain, ...certificatesIn(clientCa)].find((one) => isIssuer(one, certificate));
    if (issuer === undefined)
      warnings.add(
        `"${describeX509(certificate).subject}" has the OCSP responder ${responder}, which cannot be asked without the certificate of its issuer; append that to the file`,
      );
    else certificates.set(certificate.fingerprint256, { certificate, issuer, responder });
  }
  return { certificates: [...certificates.values()], warnings: [...warnings] };
}

const isIssuer = (issuer: X509Certificate, certificate: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
