import type { IncomingHttpHeaders } from 'node:http';
import { originOf } from '../../http/server/host-header.ts';
import { isOwnHostHeader } from '../../http/server/refusals.ts';
import { shown } from '../../kernel/printable.ts';
import type { UpgradeRefusal } from './upgrade.ts';

export interface OriginRules {
  /** Name of the listener, for sentences that say where a setting belongs. */
  readonly listener: string;
  readonly isOwnHost: (host: string) => boolean;
  /** Of `listeners[].origins`. */
  readonly origins: readonly string[];
}

/**
 * An upgrade to WebSocket. A browser lets every page connect everywhere and says which page it is, so this is where one
 * page cannot use what another may (RFC 6455 10.2); programs that are no browsers send no `Origin`.
 * @returns undefined when it may go on.
 */
export function refuseOrigin(
  { origin, host = '' }: IncomingHttpHeaders,
  isSecure: boolean,
  rules: OriginRules,
): UpgradeRefusal | undefined {
  if (origin === undefined || rules.origins.includes('*') || rules.origins.includes(origin)) return undefined;
  const asked = originOf(origin);
  if (asked !== undefined && rules.origins.includes(asked)) return undefined;
  const isSame = asked !== undefined && asked === originOf(`${isSecure ? 'https' : 'http'}://${host}`);
  if (isSame && isOwnHostHeader(host, rules)) return undefined;
  const why = isSame ? 'whose host is no name or address of this broker' : 'which is another origin';
  return {
    status: 403,
    reason: 'websocket-origin',
    detail: `a WebSocket from the page "${shown(origin)}", ${why}; if it may connect, add it to origins of listener "${rules.listener}"`,
  };
}
