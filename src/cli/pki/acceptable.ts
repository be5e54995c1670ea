import { certificateIdentity } from '../../auth/certificate-identity.ts';
import type { AccessOptions } from '../../auth/schema.ts';
import { AppError } from '../../kernel/errors.ts';
import type { AltName } from '../../pki/x509/names.ts';

/** Who a client certificate would be for. */
export interface ClientNames {
  readonly commonName: string;
  readonly organization: string;
  readonly altNames: readonly AltName[];
}

/**
 * A certificate that the broker refuses is worth nothing, and the device would be the one to find out.
 * @throws AppError `issuing-refused` where `access.certificate` of the configuration makes no user name of these names.
 */
export function requireAcceptable(access: AccessOptions, { commonName, organization, altNames }: ClientNames): void {
  const identity = certificateIdentity(access.certificate);
  if (typeof identity !== 'function') return; // the schema has said so
  const of = (type: AltName['type']): string[] =>
    altNames.filter((name) => name.type === type).map(({ value }) => value);
  const names = {
    commonNames: [commonName],
    organizations: [organization],
    organizationalUnits: [],
    dnsNames: of('dns'),
    emails: of('email'),
    uris: of('url'),
  };
  const verdict = identity(
    {
      subject: `CN=${commonName}`,
      issuer: '',
      commonName,
      serialNumber: '01',
      fingerprint256: '00',
      validTo: 0,
      names: () => names,
      pem: () => undefined,
    },
    '',
    '',
  );
  if (verdict.kind === 'accept' || verdict.code === 'client-id') return; // its client id is chosen later
  throw new AppError(
    'issuing-refused',
    `the broker would refuse this client: ${verdict.reason}; choose another name, or change access.certificate.principal`,
  );
}
