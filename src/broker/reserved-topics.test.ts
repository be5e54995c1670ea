import { expect, test } from 'vitest';
import { reservedTopics } from './reserved-topics.ts';

const client = (clientId: string) => ({
  clientId,
  principal: 'anonymous',
  trust: undefined,
  peer: undefined,
  attributes: undefined,
});
const publish = (topic: string, isRetained: boolean) =>
  reservedTopics.publish(client('a'), { topic, qos: 0, isRetained });
const subscribe = (filter: string, clientId: string) => reservedTopics.subscribe(client(clientId), filter, 0);

test.each(['$SYS/broker/clients', '$pki/enroll/response/a', '$pki/other', '$pki/'])(
  'no client publishes to %s',
  (topic) => {
    expect(publish(topic, false)).toContain("the broker's own");
  },
);

test('a bridge of another broker tells its state, and nothing else below $SYS/', () => {
  const state = (path: string) => publish(`$SYS/broker/connection/${path}`, true);
  expect(state('host.name/state')).toBeUndefined();
  expect(state('a/b/state')).toContain("the broker's own");
  expect(state('a')).toContain("the broker's own");
});

test('a request for a certificate is published, but never kept for others', () => {
  expect(publish('$pki/enroll', false)).toBeUndefined();
  expect(publish('$pki/enroll', true)).toContain('must not be retained');
  expect(publish('pki/enroll', true)).toBeUndefined();
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
  expect(subscribe(filter, 'a')).toBeTypeOf('string');
});

test.each(['#', '+', '+/b'])('a client whose id is the wildcard %s reads no answers of others', (clientId) => {
  expect(subscribe(`$pki/enroll/response/${clientId}`, clientId)).toBeTypeOf('string');
});

test.each(['$pki/enroll/response/a', '#', 'a/b', '$share/g/a', '$pkix/enroll', '$SYS/#'])(
  'client a may subscribe to %s',
  (filter) => {
    expect(subscribe(filter, 'a')).toBeUndefined();
  },
);
