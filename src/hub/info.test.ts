import { expect, test } from 'vitest';
import { infoLine } from './info.ts';

const facts = {
  serverId: 'NABC',
  serverName: 'node "a"',
  version: '1.2.3',
  bound: { host: '127.0.0.1', port: 4_222 },
  maxPayload: 1_000,
  clientId: 7,
  clientIp: '127.0.0.1',
  isLeaving: false,
  asks: { login: false, tls: 'off' },
} as const;

test('INFO is one line of JSON', () => {
  const line = infoLine(facts);
  expect(line).toMatch(/^INFO \{[^\r\n]*\} \r\n$/);
  expect(JSON.parse(line.slice(5))).toMatchObject({ server_name: 'node "a"', client_id: 7, jetstream: false });
});

test('only a hub that stops speaks of lame duck mode', () => {
  expect(infoLine(facts)).not.toContain('ldm');
  expect(infoLine({ ...facts, isLeaving: true })).toContain('"ldm":true');
});

test.each([
  [{ login: false, tls: 'off' }, {}],
  [{ login: true, tls: 'off' }, { auth_required: true }],
  [
    { login: true, tls: 'one-way' },
    { auth_required: true, tls_required: true },
  ],
  [
    { login: false, tls: 'two-way' },
    { tls_required: true, tls_verify: true },
  ],
] as const)('where it asks for %j, INFO says so as nats-server does', (asks, said) => {
  const { auth_required, tls_required, tls_verify } = JSON.parse(infoLine({ ...facts, asks }).slice(5)) as Record<
    string,
    unknown
  >;
  expect(JSON.parse(JSON.stringify({ auth_required, tls_required, tls_verify }))).toEqual(said);
});
