/** Where the operations of EST stand (RFC 7030 3.2.2). */
export const estPrefix = '/.well-known/est/';

/** One request to enroll a device over HTTP (RFC 7030). */
export interface EstRequest {
  readonly method: string;
  /** What follows `/.well-known/est/`. */
  readonly operation: string;
  readonly contentType: string | undefined;
  readonly authorization: string | undefined;
  /** Value of `?lifetime=`, e.g. `30d`: ours, EST has none. */
  readonly lifetime: string | undefined;
  /** Undefined where it is larger than `maxEstBodyBytes`. */
  readonly body: Buffer | undefined;
  readonly address: string;
  readonly isSecure: boolean;
  /** PEM of the client certificate that TLS has verified. */
  readonly certificate: string | undefined;
}

export interface EstResponse {
  readonly status: 200 | 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type EstHandler = (request: EstRequest) => Promise<EstResponse>;
