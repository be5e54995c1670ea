import { createHash, timingSafeEqual } from 'node:crypto';
import { networksOf } from '../../kernel/network-map.ts';
import { addressOf } from './origin-of-request.ts';
import type { RequestHead } from './request.ts';

export interface ReadersOptions {
  /** Addresses and networks. */
  readonly addresses: readonly string[];
  /** `Authorization: Bearer` of it, from wherever (RFC 6750); undefined: there is none. */
  readonly token: string | undefined;
}

/** Says whether a request comes from an address that is named, or shows the token. */
export function createReaders({ addresses, token }: ReadersOptions): (request: RequestHead) => boolean {
  const networks = networksOf(addresses);
  const wanted = token === undefined ? undefined : digest(token);
  const hasToken = ({ headers: { authorization = '' } }: RequestHead): boolean => {
    const [, shown] = /^bearer +(\S.*)$/i.exec(authorization) ?? [];
    return wanted !== undefined && shown !== undefined && timingSafeEqual(digest(shown.trimEnd()), wanted);
  };
  return (request) => networks.has(addressOf(request) ?? '') || hasToken(request);
}

/** Of equal length, so that comparing tells nothing of how much was right. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
