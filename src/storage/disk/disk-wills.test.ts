import { serialize } from 'node:v8';
import { expect, test } from 'vitest';
import { decodeWill, encodeWill } from './disk-wills.ts';

const will = { topic: 'gone', payload: Buffer.from('x'), qos: 1, retain: false, clientId: 'c', publishAt: 5 } as const;

test('a will comes back from the disk as it was', () => {
  expect(decodeWill(encodeWill(will))).toEqual(will);
  const named = { ...will, runId: 'run', counter: 7, expiresAt: 9 };
  expect(decodeWill(encodeWill(named))).toEqual(named);
});

test('a will that an earlier version wrote is read', () => {
  const record = serialize({ ...will, brokerId: 'node-1', brokerCounter: 7, messageExpiry: 9 });
  expect(decodeWill(record)).toEqual({ ...will, runId: 'node-1', counter: 7, expiresAt: 9 });
});
