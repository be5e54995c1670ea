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

/** Whether `access.anonymous` lets clients without an identity in here. */
export function takesAnonymous(
  { name, bind }: ListenerFacts,
  { anonymous }: Pick<AccessOptions, 'anonymous'>,
): boolean {
  if (typeof anonymous !== 'string') return anonymous.includes(name);
  return anonymous === 'loopback' && isLoopback(bind.host);
}
