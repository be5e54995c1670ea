import { expect, test } from 'vitest';
import { changedSettings } from './changes.ts';
import { composeConfig } from './compose.ts';

function loaded(text: string) {
  const composed = composeConfig({ file: { name: 'test.yaml', text }, env: {}, flags: [] });
  if (composed.kind === 'refused') throw new Error(composed.problems.map(({ message }) => message).join('\n'));
  return composed;
}

test('what was changed, added and taken away is named; a default that is written down is no change', () => {
  const before = loaded('log: { level: info }\nlimits: { packetSize: 2MiB, inFlight: 10 }');
  const after = loaded('log: { level: debug }\nlimits: { packetSize: 2MiB, receiveMaximum: 1024 }');
  expect(changedSettings(before, after)).toEqual(['limits.inFlight', 'log.level']);
  expect(changedSettings(before, before)).toEqual([]);
});

test('an entry of a list that is gone is named by its fields', () => {
  const rule = '{ name: a, topic: a/#, subject: a.> }';
  const before = loaded(`bridge: { rules: [${rule}, { name: b, topic: b/#, subject: b.> }] }`);
  const after = loaded(`bridge: { rules: [${rule}] }`);
  expect(changedSettings(before, after)).toContain('bridge.rules[1].name');
  expect(changedSettings(before, after).every((path) => path.startsWith('bridge.rules[1].'))).toBe(true);
});
