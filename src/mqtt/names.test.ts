import { expect, test } from 'vitest';
import { packetName, packetTypeOf, packetTypes } from './packet-type.ts';
import { propertyOf } from './property-table.ts';
import { versionName } from './version.ts';

test('versions, packets and properties have the names that people know', () => {
  expect([3, 4, 5].map((version) => versionName(version === 3 ? 3 : version === 4 ? 4 : 5))).toEqual([
    'MQTT 3.1',
    'MQTT 3.1.1',
    'MQTT 5',
  ]);
  expect([0, packetTypes.connect, packetTypes.pubrel, packetTypes.auth, 16].map(packetName)).toEqual([
    'RESERVED',
    'CONNECT',
    'PUBREL',
    'AUTH',
    'UNKNOWN',
  ]);
  expect(packetTypeOf(Buffer.from([0x3d]))).toBe(packetTypes.publish);
  expect([0x11, 0x24, 0x2a].map((id) => propertyOf(id)?.title)).toEqual([
    'Session Expiry Interval',
    'Maximum Qos',
    'Shared Subscription Available',
  ]);
});

test('27 properties have a bit of their own [MQTT 5, Table 2-4]', () => {
  const known = Array.from({ length: 256 }, (_, id) => propertyOf(id)).filter((property) => property !== undefined);
  expect(new Set(known.map(({ bit }) => bit)).size).toBe(27);
  expect(known.every(({ bit }) => bit > 0)).toBe(true);
});
