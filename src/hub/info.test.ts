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
};

test('INFO is one line of JSON', () => {
  const line = infoLine(facts);
  expect(line).toMatch(/^INFO \{[^\r\n]*\} \r\n$/);
  expect(JSON.parse(line.slice(5))).toMatchObject({ server_name: 'node "a"', client_id: 7, jetstream: false });
});

test('only a hub that stops speaks of lame duck mode', () => {
  expect(infoLine(facts)).not.toContain('ldm');
  expect(infoLine({ ...facts, isLeaving: true })).toContain('"ldm":true');
});
