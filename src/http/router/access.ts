import { isLoopback } from '../../kernel/address.ts';
import type { RequestHead } from './request.ts';

/** Why a request is refused. */
export interface Denial {
  readonly status: 401 | 403;
  /** A sentence for whoever asks. */
  readonly error: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Who may ask. @returns undefined for those who may */
export type Access = (request: RequestHead) => Denial | undefined | Promise<Denial | undefined>;

export const everyone: Access = () => undefined;

/**
 * This machine only; what a proxy passes on counts as another machine's.
 * @param what is shown: the beginning of a sentence @param onDenied hears from where it was asked for
 */
export const thisMachine =
  (what: string, onDenied: (peer: string) => void): Access =>
  (request) => {
    if (isLocal(request)) return undefined;
    onDenied(request.peer.address);
    return { status: 403, error: `${what} shown to this machine only. Ask over 127.0.0.1, without a proxy.` };
  };

const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

const isLocal = ({ headers, peer }: RequestHead): boolean =>
  isLoopback(peer.address) && proxyHeaders.every((name) => headers[name] === undefined);
