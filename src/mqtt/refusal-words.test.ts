import { expect, test } from 'vitest';
import { refusalWords, refusedCode } from './refusal-words.ts';

const properties = { reasonString: 'it may not' };

test('the code of a SUBACK is that of the first filter that is refused', () => {
  expect(refusedCode({ granted: [0, 0x97, 0x87] })).toBe(0x97);
  expect(refusedCode({ granted: [0, 2] })).toBeUndefined();
});

test.each([
  ['a PUBACK with 0x87', { cmd: 'puback', reasonCode: 0x87, properties }, 'it may not'],
  ['a SUBACK of which one filter is refused', { cmd: 'suback', granted: [1, 0x87], properties }, 'it may not'],
  ['a CONNACK without words', { cmd: 'connack', reasonCode: 0x86 }, ''],
  ['a DISCONNECT whose properties have none', { cmd: 'disconnect', reasonCode: 0x8e, properties: {} }, ''],
  ['a PUBACK that says yes in words', { cmd: 'puback', reasonCode: 0x10, properties }, undefined],
  ['a SUBACK that grants all', { cmd: 'suback', granted: [0, 2], properties }, undefined],
  ['a PUBLISH', { cmd: 'publish', properties: { reasonString: 7 } }, undefined],
])('of %s', (_, packet, words) => expect(refusalWords(packet)).toBe(words));
