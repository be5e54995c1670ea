/** Where a relayed connection comes from, as a proxy says it. */
export type ProxySource =
  | { readonly kind: 'client'; readonly address: string; readonly port: number }
  /** The proxy itself, to see whether we are there. */
  | { readonly kind: 'self' }
  /** It is relayed, and the proxy does not say for whom. */
  | { readonly kind: 'unknown' };

/** TLS that the proxy has ended. */
export interface ProxyTls {
  /** `TLSv1.3` */
  readonly version: string;
  readonly cipher: string;
  readonly servername: string | undefined;
  /** Of a client certificate that the proxy has verified. */
  readonly commonName: string | undefined;
}

export interface ProxyHeader {
  readonly kind: 'header';
  /** Bytes that it takes; what follows is the client's. */
  readonly length: number;
  readonly source: ProxySource;
  readonly tls: ProxyTls | undefined;
}

/** Why it is none: a clause whose subject is the header. */
export interface ProxyFault {
  readonly kind: 'fault';
  readonly why: string;
}

export const proxyFault = (why: string): ProxyFault => ({ kind: 'fault', why });

/** `undefined`: more bytes are needed. */
export type ProxyReading = ProxyHeader | ProxyFault | undefined;
