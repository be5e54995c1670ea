import fc from 'fast-check';
import { expect, test } from 'vitest';
import { turnUriProblem } from './turn-uri.ts';

test.each([
  'turn:turn.example.com',
  'turn:turn.example.com:3478?transport=udp',
  'turns:turn.example.com:5349?transport=tcp',
  'turn:192.0.2.7:3478',
  'turns:[2001:db8::7]:443?transport=tcp',
  'stun:stun.example.com',
  'stuns:[::1]:5349',
])('%s is a URI of a server (RFC 7064 3.1, RFC 7065 3.1)', (uri) => {
  expect(turnUriProblem(uri)).toBeUndefined();
});

test.each([
  ['turn.example.com:3478', /begins with none of turn:/],
  ['https://turn.example.com', /begins with none of turn:/],
  ['turn://turn.example.com', /has \/\//],
  ['turn:', /no readable host/],
  ['turn:300.1.2.3', /no readable host/],
  ['turn:[192.0.2.1]', /no readable host/],
  ['turn:2001:db8::7', /no host with a port/],
  ['turn:user@turn.example.com', /no host with a port/],
  ['turn:turn.example.com/path', /no host with a port/],
  ['turn:turn.example.com:', /no readable port/],
  ['turn:turn.example.com:0', /no readable port/],
  ['turn:turn.example.com:65536', /no readable port/],
  ['turn:turn.example.com?transport=sctp', /\?transport=udp or \?transport=tcp/],
  ['stun:stun.example.com?transport=udp', /only turn: and turns: have/],
  ['turn:-turn.example.com', /no readable host/],
])('%s is none, and the sentence says why', (uri, why) => {
  expect(turnUriProblem(uri)).toMatch(why);
});

test('every address with a port is taken, and no text takes long or throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6().map((ip) => `[${ip}]`),
      ),
      fc.integer({ min: 1, max: 65_535 }),
      (ip, port) => {
        expect(turnUriProblem(`turn:${ip}:${port}?transport=udp`)).toBeUndefined();
      },
    ),
  );
  fc.assert(
    fc.property(fc.string(), (text) => ['undefined', 'string'].includes(typeof turnUriProblem(`turn:${text}`))),
  );
});
