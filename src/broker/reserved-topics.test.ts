import { expect, test } from 'vitest';
import { maySubscribe, publishProblem } from './reserved-topics.ts';

const limits = { topicLength: 100, topicLevels: 8 };

test.each(['$SYS/broker/clients', '$pki/enroll/response/a', '$pki/other', '$pki/'])(
  'no client publishes to %s',
  (topic) => {
    expect(publishProblem({ topic, retain: false }, limits)?.message).toContain("the broker's own");
  },
);

test('a bridge of another broker tells its state, and nothing else below $SYS/', () => {
  const state = (path: string) => publishProblem({ topic: `$SYS/broker/connection/${path}`, retain: true }, limits);
  expect(state('host.name/state')).toBeUndefined();
  expect(state('a/b/state')?.message).toContain("the broker's own");
  expect(state('a')?.message).toContain("the broker's own");
});

test('a request for a certificate is published, but never kept for others', () => {
  expect(publishProblem({ topic: '$pki/enroll', retain: false }, limits)).toBeUndefined();
  expect(publishProblem({ topic: '$pki/enroll', retain: true }, limits)?.message).toContain('must not be retained');
  expect(publishProblem({ topic: 'pki/enroll', retain: true }, limits)).toBeUndefined();
});

test.each([
  '$pki/enroll',
  '$pki/#',
  '$pki/+',
  '$pki/enroll/response/+',
  '$pki/enroll/response/b',
  '$pki/enroll/response/a/#',
  '$pki',
  '$share/g/$pki/enroll',
  '$share/g/$pki/enroll/response/a',
])('client a may not subscribe to %s', (filter) => {
  expect(maySubscribe(filter, 'a')).toBe(false);
});

test.each(['#', '+', '+/b'])('a client whose id is the wildcard %s reads no answers of others', (clientId) => {
  expect(maySubscribe(`$pki/enroll/response/${clientId}`, clientId)).toBe(false);
});

test.each(['$pki/enroll/response/a', '#', 'a/b', '$share/g/a', '$pkix/enroll', '$SYS/#'])(
  'client a may subscribe to %s',
  (filter) => {
    expect(maySubscribe(filter, 'a')).toBe(true);
  },
);
