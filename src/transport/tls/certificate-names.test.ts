import { expect, test } from 'vitest';
import { certificateNames } from './certificate-names.ts';

const namesOf = (subject: string, subjectAltName?: string) => certificateNames({ subject, subjectAltName });

test('names of the subject are unescaped, those of a part with several values included', () => {
  expect(namesOf('O=Ex\\, ample\nOU=north\nOU=pumps + CN=a \\+ b\nCN=nul\\00x')).toMatchObject({
    organizations: ['Ex, ample'],
    organizationalUnits: ['north', 'pumps'],
    commonNames: ['a + b', 'nul\0x'],
  });
});

test('alternative names are told apart by their kind', () => {
  expect(
    namesOf('CN=x', 'DNS:a.b, email:c@d, URI:spiffe://e/f, IP Address:192.0.2.7, DNS:g.h, Registered ID:1.2.3'),
  ).toMatchObject({ dnsNames: ['a.b', 'g.h'], emails: ['c@d'], uris: ['spiffe://e/f'] });
});

test('a name that holds a comma or a quote is one name (CVE-2021-44532)', () => {
  expect(
    namesOf('CN=x', 'DNS:"evil\\u002c DNS:root", DNS:"nul\\u0000x\\"q\\\\", DirName:"O=y\\u002cCN=z"').dnsNames,
  ).toEqual(['evil, DNS:root', 'nul\0x"q\\']);
});

test.each(['DNS:"open', 'DNS:a"b', 'DNS:a,b', 'nothing', 'DNS:"a"b"', 'DNS:a, DNS:"\\x"', ''])(
  'alternative names that read as %j are none at all',
  (text) => {
    expect(namesOf('CN=x', text)).toMatchObject({ dnsNames: [], emails: [], uris: [], commonNames: ['x'] });
  },
);

test('a connection that is gone has no names', () => {
  expect(Object.values(certificateNames(undefined)).flat()).toEqual([]);
});
