import { ConfigError } from '../../kernel/errors.ts';
import type { Folder } from '../files.ts';
import { buildChain, isInForce } from './chain.ts';
import type { Authorities } from './check-authorities.ts';
import {
  type Bundle,
  bundleOf,
  checkValidity,
  expiryWarning,
  isIssuedBy,
  keyOf,
  namesAsIssuer,
  refuseFile,
} from './check-parts.ts';

const warnDays = 30;
const anew = 'delete client-demo.* to have all three made anew';

export interface DemoClient {
  /** Nothing is wrong with what is there, so that what is missing can be made from it. */
  readonly isSound: boolean;
  readonly warnings: readonly string[];
}

/** Checks the demo client, if it is there. All findings are warnings, since the program runs without it. */
export function checkClient(folder: Folder, authorities: Authorities, now: number): DemoClient {
  try {
    return { isSound: true, warnings: checkParts(folder, authorities, now) };
  } catch (problem) {
    if (problem instanceof ConfigError) return { isSound: false, warnings: [problem.message] };
    throw problem;
  }
}

function checkParts(folder: Folder, authorities: Authorities, now: number): readonly string[] {
  const client = bundleOf(folder, 'client-demo.pem', anew);
  const key = keyOf(folder, 'client-demo.key', anew);
  if (client === undefined || key === undefined) return [];
  if (!client.first.checkPrivateKey(key))
    refuseFile('certificate-mismatch', folder, 'client-demo.key', 'is not the key of client-demo.pem', anew);
  checkValidity(folder, client, now, anew);
  checkIssuer(folder, client, authorities, now);
  return expiryWarning(folder, client, now, warnDays).map((warning) => `${warning}; ${anew}`);
}

/**
 * Listeners take whom a CA in `ca-chain.pem` leads to: while a CA with a new key overlaps with the one before it, both do.
 * A certificate that names neither is of another CA, which a listener of its own `clientCa` may trust.
 */
function checkIssuer(
  folder: Folder,
  { first, all }: Bundle,
  { intermediate, caChain }: Authorities,
  now: number,
): void {
  if (intermediate === undefined || !namesAsIssuer(first, intermediate.first) || isIssuedBy(first, intermediate.first))
    return;
  const trusted = caChain?.all ?? [];
  const { end, links } = buildChain({ target: first, sent: all.slice(1), trusted, allowsPartial: true, now });
  if (end === 'anchored' && links.every(({ certificate }) => isInForce(certificate, now))) return;
  const nor = caChain === undefined ? '' : ', nor by a CA in ca-chain.pem';
  const problem = `was not signed by the key of intermediate-ca.pem${nor}`;
  refuseFile('certificate-mismatch', folder, 'client-demo.pem', problem, anew);
}
