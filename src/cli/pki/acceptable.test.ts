import { expect, test } from 'vitest';
import { accessSchema } from '../../auth/schema.ts';
import { requireAcceptable } from './acceptable.ts';

const names = { commonName: 'pump-7', organization: 'Viaduct', altNames: [] };
const access = (principal: string, bind = 'any') => accessSchema.parse({ certificate: { principal, bind } });

test.each(['pump/7', 'pump+7', 'pump#', 'anonymous', 'a\u0007b', 'a\u202eb'])(
  '%j is no name of a client',
  (commonName) => {
    expect(() => requireAcceptable(access('{cn}'), { ...names, commonName })).toThrow(
      /^the broker would refuse this client: /,
    );
  },
);

test('a name that the template escapes, or does not ask for, may hold what others may not', () => {
  for (const template of ['{cn:escaped}', '{o}'])
    expect(() => requireAcceptable(access(template), { ...names, commonName: 'pump/7' })).not.toThrow();
});

test('a value that the template asks for must be there, once', () => {
  const uri = { type: 'url', value: 'urn:device:7' } as const;
  expect(() => requireAcceptable(access('{san.uri}'), names)).toThrow(/has no alternative name of type URI/);
  expect(() => requireAcceptable(access('{san.uri}'), { ...names, altNames: [uri] })).not.toThrow();
  expect(() => requireAcceptable(access('{san.uri}'), { ...names, altNames: [uri, uri] })).toThrow(/has 2 values/);
});

test('which client id it may use is no matter of issuing', () => {
  expect(() => requireAcceptable(access('{cn}', 'equal'), names)).not.toThrow();
});
