import { X509Certificate } from 'node:crypto';
import { isIssuedBy } from '../../pki/check/check-parts.ts';
import { pemBlocks } from '../../pki/x509/pem-blocks.ts';

/** Counts the CAs between client certificates and the trust anchors of a listener. */
export interface ChainDepth {
  /** @param leaf a certificate that verified, with its chain as sent. @returns why its chain is too long. */
  excess(leaf: X509Certificate): string | undefined;
}

/**
 * @param anchors PEM. The nearest anchor counts, as OpenSSL looks among the trusted ones first.
 * @param max CAs that may stand between a client certificate and an anchor; 0: the anchor itself must have issued it.
 */
export function chainDepth(anchors: string, max: number): ChainDepth {
  const trusted = pemBlocks(anchors, 'CERTIFICATE').blocks.map((pem) => new X509Certificate(pem));
  const isTrusted = (one: X509Certificate): boolean =>
    trusted.some((anchor) => anchor.fingerprint256 === one.fingerprint256 || isIssuedBy(one, anchor));
  return {
    excess(leaf) {
      let one = leaf;
      for (let depth = 0; depth <= max; depth++) {
        if (isTrusted(one)) return undefined;
        // OpenSSL takes a chain in any order; counted as sent, one out of order would pass for a shorter one
        const issuer = one.issuerCertificate;
        if (issuer === undefined || !isIssuedBy(one, issuer))
          return 'its chain was not sent in order, so that clientChainDepth cannot be checked; send leaf first, then issuer by issuer';
        one = issuer;
      }
      return `more than ${max} ${max === 1 ? 'CA stands' : 'CAs stand'} between it and the trust anchors (clientChainDepth)`;
    },
  };
}
