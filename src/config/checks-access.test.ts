import { expect, test } from 'vitest';
import { composeConfig } from './compose.ts';
import { formatProblem } from './problems.ts';

function saidOf(sections: object): readonly string[] {
  const composed = composeConfig({ file: { name: 'v.yaml', text: JSON.stringify(sections) }, env: {}, flags: [] });
  return (composed.kind === 'refused' ? composed.problems : composed.warnings).map(formatProblem);
}
const asks = { nats: { authenticate: {} } };
const rule = (subject: string, topic: string, more: object = {}) => ({ name: 'r', topic, subject, ...more });

test.each([
  [rule('>', 'nats/#', { direction: 'from-nats' }), true],
  [rule('viaduct.>', 'viaduct/#'), true],
  [rule('*.auth.connect', 'x/+/auth/connect', { direction: 'from-nats' }), true],
  [rule('viaduct.auth.connect', 'viaduct/auth/connect'), true],
  [rule('viaduct.auth.connect.>', 'viaduct/auth/connect/#'), true], // NATS has no `#`: a part that may be empty has a filter of its own
  [rule('viaduct.>', 'viaduct/#', { direction: 'to-nats' }), false],
  [rule('viaduct.auth.*.x', 'viaduct/auth/+/x'), false],
  [rule('plants.>', 'plants/#'), false],
] as const)('a rule that brings the questions of access.nats to MQTT clients is refused: %j', (one, isRefused) => {
  const said = saidOf({ access: asks, bridge: { rules: [one] } });
  expect(said.filter((line) => line.includes('would read the passwords of others'))).toHaveLength(isRefused ? 1 : 0);
  expect(saidOf({ bridge: { rules: [one] } }).join()).not.toContain('passwords');
});

test.each([
  [rule('viaduct.auth.authorize', 'viaduct/auth/authorize', { direction: 'from-nats' }), true],
  [rule('viaduct.auth.*', 'viaduct/auth/+'), true],
  [rule('viaduct.auth.authorize', 'viaduct/auth/authorize', { direction: 'to-nats' }), false],
  [rule('viaduct.auth.connect', 'viaduct/auth/connect'), false],
] as const)('a rule with which MQTT clients could answer what they may do is refused: %j', (one, isRefused) => {
  const said = saidOf({ access: { nats: { authorize: {} } }, bridge: { rules: [one] } });
  expect(said.filter((line) => line.includes('could answer for the service'))).toHaveLength(isRefused ? 1 : 0);
});

test.each([
  ['http to another machine', { access: { http: { authenticate: { url: 'http://accounts.example.com/' } } } }, true],
  ['http to this machine', { access: { http: { authenticate: { url: 'http://127.0.0.1:8080/' } } } }, false],
  ['http to this machine over IPv6', { access: { http: { authenticate: { url: 'http://[::1]:8080/' } } } }, false],
  ['https', { access: { http: { authenticate: { url: 'https://accounts.example.com/' } } } }, false],
  ['NATS without TLS', { access: asks, nats: { servers: ['nats://nats.example.com:4222'] } }, true],
  ['NATS with TLS', { access: asks, nats: { servers: ['tls://nats.example.com:4222'] } }, false],
  ['NATS with nats.tls', { access: asks, nats: { servers: ['nats://nats.example.com:4222'], tls: {} } }, false],
  ['NATS on this machine', { access: asks, nats: { servers: ['nats://localhost:4222'] } }, false],
  ['the hub', { access: asks }, false],
  ['NATS that nobody is asked over', { nats: { servers: ['nats://nats.example.com:4222'] } }, false],
])('%s: config check says whether passwords can be read on the way', (_name, sections, isSaid) => {
  expect(saidOf(sections).filter((line) => line.includes('in the clear'))).toHaveLength(isSaid ? 1 : 0);
});

test('keys for tokens that come in the clear are told', () => {
  const jwt = (url: string) => ({ access: { jwt: { algorithms: ['ES256'], keySet: { url } } } });
  expect(saidOf(jwt('http://id.example.com/keys')).join()).toContain('others can put theirs in');
  expect(saidOf(jwt('https://id.example.com/keys'))).toEqual([]);
});

const listener = (name: string) => ({ name, bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'] });

test.each([
  [
    'a listener called nats, whose clients would pass for the bridge',
    { listeners: [listener('nats')] },
    /listeners\[0\]\.name: "nats" stands for the bridge/,
  ],
  [
    'a listener called hub, whose clients would pass for those of the hub',
    { listeners: [listener('hub')] },
    /listeners\[0\]\.name: "hub" stands for the embedded hub/,
  ],
  [
    'a rule for a hub that asks nobody who he is',
    { access: { rules: [{ allow: 'all', listener: 'hub' }] }, listeners: [listener('inside')] },
    /access\.rules\[0\]\.listener: the embedded hub asks nobody who he is; set nats\.hub\.authentication/,
  ],
  [
    'a hub that asks for passwords where there are none',
    { nats: { hub: { authentication: ['password'] } } },
    /nats\.hub\.authentication\[0\]: "password" has nothing to go by; set access\.passwords/,
  ],
  [
    'a hub that would let in anonymous clients',
    { nats: { hub: { authentication: ['anonymous'] } } },
    /nats\.hub\.authentication\[0\]: .*use certificate, password, jwt and http/,
  ],
  [
    'a hub for other machines that asks nobody who he is',
    { nats: { hub: { bind: '0.0.0.0:4222' } } },
    /nats\.hub\.bind: 0\.0\.0\.0 is reached from other machines, .*nats\.hub\.authentication/,
  ],
  [
    'a rule for a listener that there is not',
    { access: { rules: [{ allow: 'all', listener: ['nats', 'insid'] }] }, listeners: [listener('inside')] },
    /no listener has the name "insid"/,
  ],
])('%s is refused', (_name, sections, said) => {
  expect(saidOf(sections).join('\n')).toMatch(said);
});

test('a rule for the bridge and for a listener that exists is taken', () => {
  const access = { rules: [{ allow: 'all', listener: ['nats', 'inside'] }] };
  expect(saidOf({ access, listeners: [listener('inside')] })).toEqual([]);
});

const passwords = { passwords: { file: 'passwd' } };
const remote = { bind: '0.0.0.0:4222', authentication: ['password'] };

test.each([
  [{ nats: { hub: { bind: '0.0.0.0:4222', allowRemote: true } } }, ['past all rules of MQTT']],
  [{ access: passwords, nats: { hub: remote } }, ['in the clear']],
  [{ access: passwords, nats: { hub: { ...remote, tls: 'one-way' } } }, []],
  [{ access: passwords, nats: { hub: { ...remote, bind: '127.0.0.1:4222' } } }, []],
  [{ nats: { hub: { authentication: ['certificate'] } } }, ['no client shows a certificate']],
  [{ nats: { hub: { authentication: ['certificate'], tls: 'two-way' } } }, []],
  [{ access: passwords, nats: { servers: ['nats://127.0.0.1:4222'], hub: { ...remote } } }, []],
])('config check warns of a hub that is more open than somebody may think: %j', (sections, said) => {
  const lines = saidOf({ listeners: [listener('inside')], ...sections });
  expect(lines).toHaveLength(said.length);
  for (const [index, text] of said.entries()) expect(lines[index]).toContain(text);
});
