import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { levelsOf, pathPattern } from './path-pattern.ts';

const match = (pattern: string, path: string) => pathPattern(pattern)(levelsOf(path));

test.each([
  ['/', '/', {}],
  ['/healthz', '/healthz', {}],
  ['/healthz', '/health%7A', {}],
  ['/clients/:id', '/clients/a%2Fb', { id: 'a/b' }],
  ['/clients/:id/queue', '/clients/a/queue', { id: 'a' }],
  ['/clients/:id', '/clients/%ff', { id: '%ff' }],
  ['/clients/:id', '/clients/__proto__', { id: '__proto__' }],
  ['/est/*operation', '/est/label/cacerts', { operation: 'label/cacerts' }],
])('%s takes %s', (pattern, path, parameters) => expect(match(pattern, path)).toEqual(parameters));

test.each([
  ['/healthz', '/healthz/'],
  ['/healthz', '//healthz'],
  ['/healthz', '/HEALTHZ'],
  ['/clients/:id', '/clients/'],
  ['/clients/:id', '/clients'],
  ['/clients/:id', '/clients/a/b'],
  ['/est/*operation', '/est/'],
  ['/est/*operation', '/est'],
  ['/:id', '/'],
])('%s does not take %s', (pattern, path) => expect(match(pattern, path)).toBeUndefined());

test('a parameter is what was put into the path, whatever it is', () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(value, value, (id, rest) => {
      const path = `/clients/${encodeURIComponent(id)}/files/${rest.split('/').map(encodeURIComponent).join('/')}`;
      expect(match('/clients/:id/files/*rest', path)).toEqual({ id, rest });
    }),
  );
});
