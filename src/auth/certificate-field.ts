import type { PeerCertificate } from '../broker/ports.ts';

interface Field {
  /** For messages, in the singular. */
  readonly label: string;
  readonly values: (certificate: PeerCertificate) => readonly string[];
}

/** What a template may take from a certificate. */
const fields = {
  cn: {
    label: 'common name (CN)',
    // read already, except where there are several or it is no clean text
    values: (certificate) =>
      certificate.commonName === undefined ? certificate.names().commonNames : [certificate.commonName],
  },
  o: { label: 'organization (O)', values: (certificate) => certificate.names().organizations },
  ou: { label: 'organizational unit (OU)', values: (certificate) => certificate.names().organizationalUnits },
  'san.dns': { label: 'alternative name of type DNS', values: (certificate) => certificate.names().dnsNames },
  'san.email': { label: 'alternative name of type email', values: (certificate) => certificate.names().emails },
  'san.uri': { label: 'alternative name of type URI', values: (certificate) => certificate.names().uris },
  serial: { label: 'serial number', values: ({ serialNumber }) => [serialNumber.toLowerCase()] },
  fingerprint: { label: 'fingerprint', values: ({ fingerprint256 }) => [fingerprint256] },
  issuer: { label: 'issuer', values: ({ issuer }) => [issuer] },
} as const satisfies Record<string, Field>;

export type FieldName = keyof typeof fields;

export const isFieldName = (text: string): text is FieldName => Object.hasOwn(fields, text);

export const fieldNames: readonly FieldName[] = Object.keys(fields).filter(isFieldName);

export const labelOf = (field: FieldName): string => fields[field].label;

/** The values of a field in the order of the certificate; empty ones are none. */
export const valuesOf = (certificate: PeerCertificate, field: FieldName): string[] =>
  fields[field].values(certificate).filter((value) => value !== '');
