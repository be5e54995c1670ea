import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAccessAnswer } from './access-answer.ts';

test.each(['allow', 'deny', 'ignore'] as const)('%s is what it says', (result) => {
  expect(readAccessAnswer({ result, more: 1 })).toEqual({ result });
});

test('an answer without a result is ignored, as EMQX 5 has it', () => {
  expect(readAccessAnswer({})).toEqual({ result: 'ignore' });
});

test('nothing but { result: "allow" } allows', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ result: fc.jsonValue() })), (answer) => {
      const said = readAccessAnswer(answer);
      const isAllowed = typeof said === 'object' && said.result === 'allow';
      expect(isAllowed).toBe(
        typeof answer === 'object' && answer !== null && Reflect.get(answer, 'result') === 'allow',
      );
    }),
  );
});
