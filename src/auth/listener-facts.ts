import { isLoopback } from '../kernel/address.ts';
import type { AccessOptions } from './schema.ts';
import type { ListenerTrust } from './trust.ts';

/** What access needs to know of a listener. */
export interface ListenerFacts extends ListenerTrust {
  readonly name: string;
  readonly bind: { readonly host: string };
  /** See `listeners[].authentication`. */
  readonly authentication?: readonly string[] | undefined;
}

/** Whom `access.anonymous` lets in here without an identity; `local`: those whom a proxy relays from this machine. */
export function takesAnonymous(
  { name, bind, proxy }: ListenerFacts,
  { anonymous }: Pick<AccessOptions, 'anonymous'>,
): 'all' | 'local' | 'none' {
  if (typeof anonymous !== 'string') return anonymous.includes(name) ? 'all' : 'none';
  if (anonymous !== 'loopback' || !isLoopback(bind.host)) return 'none';
  return proxy === undefined ? 'all' : 'local';
}
