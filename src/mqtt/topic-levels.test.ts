import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasMoreLevels } from './topic-levels.ts';

test('levels are counted as they are split, empty ones included [MQTT-4.7.1-1]', () => {
  const topics = fc.array(fc.constantFrom('/', 'a', '//', 'bc'), { maxLength: 60 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(topics, fc.integer({ min: 1, max: 40 }), (topic, levels) => {
      expect(hasMoreLevels(topic, levels)).toBe(topic.split('/').length > levels);
    }),
  );
});
