import { EventEmitter } from 'node:events';
import type { SecureContext, TLSSocketOptions } from 'node:tls';

/** OCSP responses for the certificates that listeners show. */
export interface Staples {
  /** @param certificate DER. @returns the response to staple (RFC 6066 8), DER; undefined where none counts now. */
  find(certificate: Buffer): Buffer | undefined;
}

type OnOcspRequest = (
  certificate: Buffer,
  issuer: Buffer,
  done: (error: Error | null, response: Buffer | null) => void,
) => void;

/**
 * What answers clients that ask for the state of the certificate. Node asks the `server` of a socket, which here is no
 * tls.Server: an emitter with the context that a tls.Server would hold does, on Node 20 to 26, in TLS 1.2, 1.3 and with SNI.
 * @param byDefault the context of clients that ask for no server name.
 */
export function staplingOptions(byDefault: SecureContext, staples: Staples): TLSSocketOptions {
  const server = Object.assign(new EventEmitter(), { _sharedCreds: byDefault });
  const answer: OnOcspRequest = (certificate, _issuer, done) => done(null, staples.find(certificate) ?? null);
  server.on('OCSPRequest', answer);
  // the type asks for a net.Server, of which a handshake uses no more than this
  const options: TLSSocketOptions = {};
  return Object.assign(options, { server });
}
