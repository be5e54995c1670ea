import { ConfigError } from '../kernel/errors.ts';
import type { Authorities } from './check-authorities.ts';
import { bundleOf, checkValidity, expiryWarning, isIssuedBy, keyOf, namesAsIssuer, refuse } from './check-parts.ts';
import type { Folder } from './files.ts';

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

function checkParts(folder: Folder, { intermediate }: Authorities, now: number): readonly string[] {
  const client = bundleOf(folder, 'client-demo.pem', anew);
  const key = keyOf(folder, 'client-demo.key', anew);
  if (client === undefined || key === undefined) return [];
  if (!client.first.checkPrivateKey(key))
    refuse('certificate-mismatch', folder, 'client-demo.key', 'is not the key of client-demo.pem', anew);
  checkValidity(folder, client, now, anew);
  const issuer = intermediate?.first;
  if (issuer !== undefined && namesAsIssuer(client.first, issuer) && !isIssuedBy(client.first, issuer))
    refuse('certificate-mismatch', folder, 'client-demo.pem', 'was not signed by the key of intermediate-ca.pem', anew);
  return expiryWarning(folder, client, now, warnDays).map((warning) => `${warning}; ${anew}`);
}
