import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Peer } from '../broker/ports.ts';

/** Answers plain HTTP requests that arrive on a listener with `accept: [http]`. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse, peer: HttpPeer) => void;

/**
 * Who sent an HTTP request. `tls.certificate` is there when the client showed a certificate that the listener verified
 * (`tls: two-way` or `two-way-optional`), so it may stand for an identity.
 */
export type HttpPeer = Omit<Peer, 'protocol'> & { readonly protocol: 'http' | 'https' };
