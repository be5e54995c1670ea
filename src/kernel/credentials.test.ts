import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutCredentials } from './credentials.ts';

test.each([
  ['nats://user:secret@host:4222', 'nats://***@host:4222'],
  ['tls://t0ken@host', 'tls://***@host'],
  ['nats://a:p@ss@b', 'nats://***@b'],
  ['redis://:pa/ss#w?rd"s, and more@b/0', 'redis://***@b/0'],
  ['no://port:pw:99999@host', 'no://***@host'],
  ['redis://default:1/2@host', 'redis://***@host'],
  ['wss:user:pw@host', 'wss:***@host'],
  ['http:\\\\user:pw@host', 'http:\\\\***@host'],
  ['cannot reach tls://t0ken@host and nats://a:p@ss@b', 'cannot reach tls://***@host and nats://***@b'],
  ['nats://a,nats://user:pw@b', 'nats://***@b'],
  ['https://host/,nats://user:pw@b', 'https://***@b'],
])('credentials are hidden in %s', (text, shown) => expect(withoutCredentials(text)).toBe(shown));

test.each([
  '',
  'nats://127.0.0.1:4222',
  'nats://[::1]:4222',
  'me@example.org',
  'https://example.org/@me',
  'see https://example.org/@me, or mail me@example.org',
  'client "urn:dev:a@b" at tls://10.0.0.1:8883',
])('without credentials a text stays: %s', (text) => expect(withoutCredentials(text)).toBe(text));

const scheme = fc.constantFrom('nats', 'tls', 'redis', 'rediss', 'mqtts', 'http', 'https', 'wss', 'made+up');
const host = fc.constantFrom('host', 'host:4222', '[::1]:4222', '10.0.0.1', 'no host', 'host:99999', '');
const path = fc.constantFrom('', '/', '/mqtt?a=b', '/0');
/** Recognisable, and with anything around it that people write raw into URLs. */
const password = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ maxLength: 12 }))
  .map(([before, after]) => `${before}hunter2${after}`);
const user = fc.oneof(fc.constantFrom('', 'user', 'a@b', 'a/b'), fc.string({ maxLength: 6 }));

test('no password of a URL is shown, whatever it holds, and whether it is a URL or not (RFC 3986 3.2.1)', () => {
  fc.assert(
    fc.property(scheme, user, password, host, path, (...[name, who, secret, where, rest]) => {
      expect(withoutCredentials(`${name}://${who}:${secret}@${where}${rest}`)).not.toContain('hunter2');
    }),
    { numRuns: 500 },
  );
});

test('nor in the middle of a sentence, where white space ends the URL', () => {
  const word = password.filter((text) => !/\s/.test(text));
  fc.assert(
    fc.property(fc.string(), scheme, word, host, fc.string(), (...[before, name, secret, where, after]) => {
      expect(withoutCredentials(`${before}${name}://user:${secret}@${where} ${after}`)).not.toContain('hunter2');
    }),
    { numRuns: 500 },
  );
});

test.each([`${'a'.repeat(1_000_000)} ://`, '://'.repeat(300_000), 'a://b/'.repeat(200_000), ' ://'.repeat(200_000)])(
  'what a client chose costs the time that its length takes',
  (text) => {
    expect(withoutCredentials(text)).toBe(text);
    expect(withoutCredentials(`${text}@`)).toMatch(/@$/);
  },
);
