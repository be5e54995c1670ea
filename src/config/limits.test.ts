import { expect, test } from 'vitest';
import { limitScopes } from '../kernel/schema.ts';
import { describe } from './describe.ts';
import { groupLimits, limitHeadings, withLimitsTable } from './limits.ts';
import { configSchema } from './schema.ts';

/** Numbers, sizes and times that bound neither work nor memory. */
const noLimits = new Set([
  'access.passwords.argon2.lanes',
  'access.passwords.argon2.memory',
  'access.passwords.argon2.passes',
  'access.passwords.remember',
  'access.failures.window',
  'access.failures.ban',
  'access.jwt.keySet.maxAge',
  'access.jwt.clockSkew',
  'access.http.authenticate.remember',
  'access.http.authenticate.pause',
  'access.http.authorize.remember',
  'access.http.authorize.pause',
  'access.nats.authenticate.remember',
  'access.nats.authenticate.pause',
  'access.nats.authorize.remember',
  'access.nats.authorize.pause',
  'bridge.rules[].jetstream.ackWait',
  'listeners[].clientChainDepth',
  'listeners[].tickets.rotate',
  'certificates.crlLifetime',
  'certificates.renewal.overlap',
  'enrollment.lifetime',
  'enrollment.maxLifetime',
  'metrics.sysTopics',
  'nats.reconnectDelay',
  'nats.reconnectDelayMax',
  'nats.connectTimeout',
  'signaling.turn.lifetime',
  'store.redis.reconnectDelayMax',
]);

const fields = describe(configSchema);
const limits = fields.filter(({ limit }) => limit !== undefined);

test('every setting that is a number, a size or a time says what it bounds, or is named as one that bounds nothing', () => {
  const silent = fields
    .filter(
      ({ type, path, limit }) => /^(integer|size|duration)/.test(type) && limit === undefined && !noLimits.has(path),
    )
    .map(({ path }) => `${path} needs .meta({ limit: { bounds, why, client, metric } }), or a place in noLimits`);
  expect(silent).toEqual([]);
});

test('what is named as no limit exists, and is none', () => {
  expect([...noLimits].filter((path) => !fields.some((field) => field.path === path))).toEqual([]);
  expect(limits.filter(({ path }) => noLimits.has(path))).toEqual([]);
});

test('sentences about a limit are sentences', () => {
  for (const { path, limit } of limits) {
    expect(limit?.why, path).toMatch(/^[A-Z0-9].*\.$/);
    expect(limit?.client, path).toMatch(/^[A-Z0-9-].*\.$/);
  }
});

test('groups go from one packet to the whole node, hold every limit once, and none is empty', () => {
  const groups = groupLimits(fields);
  const order = groups.map(({ bounds }) => limitScopes.indexOf(bounds));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(groups.flatMap((group) => group.fields.map(({ path }) => path)).toSorted()).toEqual(
    limits.map(({ path }) => path).toSorted(),
  );
  expect(groups.every((group) => group.fields.length > 0)).toBe(true);
});

test('the table takes the place of what stands between its two lines, and of nothing else', () => {
  const once = withLimitsTable(
    'before\n<!-- limits: made from the schemas by `npm run docs`; do not edit -->\nSTALE\n<!-- end of limits -->\nafter\n',
  );
  expect(once).toMatch(/^before\n/);
  expect(once).toMatch(/\nafter\n$/);
  expect(once).not.toContain('STALE');
  for (const heading of new Set(limits.map(({ limit }) => limitHeadings[limit!.bounds])))
    expect(once).toContain(`### ${heading}\n`);
  for (const { path } of limits) expect(once).toContain(`| \`${path}\` |`);
  expect(withLimitsTable(once)).toBe(once);
});

test('a page without the two lines is refused by name', () => {
  expect(() => withLimitsTable('# Security\n')).toThrow(/docs\/security\.md needs the lines/);
});
