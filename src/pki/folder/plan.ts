import { ConfigError } from '../../kernel/errors.ts';
import type { FileName, Folder } from '../files.ts';
import { isEncryptedKey } from '../x509/pem.ts';

/** What is missing and can be made; nothing that exists is ever made again. */
export interface Plan {
  readonly root: boolean;
  readonly intermediate: boolean;
  readonly caChain: boolean;
  readonly server: boolean;
  readonly client: boolean;
  readonly clientP12: boolean;
  readonly warnings: readonly string[];
}

/**
 * Decides what to make: everything in an empty folder, otherwise only what the files that are there allow.
 * A key without its certificate is certified, which also heals a first start that was cut off in the middle.
 * @throws ConfigError where what the server needs is missing and cannot be made.
 */
export function planMissing(folder: Folder): Plan {
  const { has } = folder;
  const canSign = (name: FileName) => has(name) && !isEncryptedKey(folder.text(name) ?? '');
  const isNew =
    !has('root-ca.pem') && !has('intermediate-ca.pem') && !has('ca-chain.pem') && !has('intermediate-ca.key');
  const root = !has('root-ca.pem') && (canSign('root-ca.key') || (isNew && !has('root-ca.key')));
  const intermediate = !has('intermediate-ca.pem') && (root || (has('root-ca.pem') && canSign('root-ca.key')));
  const canIssue =
    (intermediate && (canSign('intermediate-ca.key') || !has('intermediate-ca.key'))) ||
    (has('intermediate-ca.pem') && canSign('intermediate-ca.key'));
  const hasCa = root || intermediate || has('root-ca.pem') || has('intermediate-ca.pem');
  requireClientCa(folder, hasCa);
  requireServer(folder, canIssue);
  return {
    root,
    intermediate,
    caChain: !has('ca-chain.pem') && hasCa,
    server: !has('server.pem'),
    ...planClient(folder, canIssue),
  };
}

/** Whether nothing is to be made. */
export const isComplete = (plan: Plan): boolean =>
  !(plan.root || plan.intermediate || plan.caChain || plan.server || plan.client || plan.clientP12);

function requireClientCa(folder: Folder, hasCa: boolean): void {
  if (hasCa || folder.has('ca-chain.pem')) return;
  throw new ConfigError(
    'certificate-invalid',
    `${folder.directory} holds the key of a CA that cannot be used without its certificate; put root-ca.pem and intermediate-ca.pem back, or remove root-ca.key and intermediate-ca.key to have a new CA made`,
  );
}

function requireServer(folder: Folder, canIssue: boolean): void {
  const { has, path } = folder;
  if (has('server.pem') && !has('server.key')) {
    const cure = canIssue ? 'delete server.pem to have both made anew' : 'put another pair there';
    throw new ConfigError(
      'key-unreadable',
      `${path('server.key')} is missing, but server.pem is there; put the key back, or ${cure}`,
    );
  }
  if (has('server.pem') || canIssue) return;
  throw new ConfigError(
    'certificate-invalid',
    `${path('server.pem')} is missing and cannot be made without intermediate-ca.pem and a readable intermediate-ca.key; put server.pem and server.key there (viaduct pki issue server makes such a pair, with encrypted keys too), or empty the folder to have everything made`,
  );
}

/** The demo client is a convenience: whatever is wrong with it is a warning and keeps nothing from starting. */
function planClient(folder: Folder, canIssue: boolean): Pick<Plan, 'client' | 'clientP12' | 'warnings'> {
  const { has, path } = folder;
  const only = (warning: string) => ({ client: false, clientP12: false, warnings: [warning] });
  if (has('client-demo.pem') && has('client-demo.key'))
    return { client: false, clientP12: !has('client-demo.p12'), warnings: [] };
  if (has('client-demo.pem'))
    return only(
      `${path('client-demo.key')} is missing; put it back, or delete client-demo.* to have all three made anew`,
    );
  if (has('client-demo.p12'))
    return only(
      `${path('client-demo.pem')} is missing; put it back, or delete client-demo.* to have all three made anew`,
    );
  if (canIssue) return { client: true, clientP12: true, warnings: [] };
  if (!has('intermediate-ca.pem')) return { client: false, clientP12: false, warnings: [] }; // the CA is elsewhere
  return only(`no demo client is made in ${folder.directory}: there is no intermediate-ca.key that could sign it`);
}
