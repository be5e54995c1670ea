import { expect, test } from 'vitest';
import { describe } from '../describe.ts';
import { configSchema } from '../schema.ts';
import { harmless } from './harmless.ts';
import { relaxations, securityRules } from './judge.ts';
import { laxerBelow, offAtZero } from './numbers.ts';

const fields = describe(configSchema);
const known = new Set(fields.map(({ path }) => path));
const judged = new Set([...relaxations.map(({ path }) => path), ...securityRules.flatMap(({ judges }) => judges)]);
const harmlessPaths = harmless.flatMap(({ paths }) => paths);

/** Limits are judged by how far they are from their defaults. */
const numericLimits = fields.filter(({ type, limit }) => limit !== undefined && /^(integer|size|duration)/.test(type));

test('every setting is judged, is a limit, or is named as harmless with a reason, so that no new one is forgotten', () => {
  const limits = new Set(numericLimits.map(({ path }) => path));
  const forgotten = fields
    .filter(({ path }) => !judged.has(path) && !limits.has(path) && !harmlessPaths.includes(path))
    .map(({ path }) => `${path}: give it a relaxation in src/config/security, or a place in harmless.ts`);
  expect(forgotten).toEqual([]);
});

test('no setting is judged and harmless at once, or harmless twice', () => {
  const limits = new Set(numericLimits.map(({ path }) => path));
  expect(harmlessPaths.filter((path) => judged.has(path) || limits.has(path))).toEqual([]);
  expect(harmlessPaths.filter((path, index) => harmlessPaths.indexOf(path) !== index)).toEqual([]);
});

test('what the tables name exists', () => {
  expect([...judged, ...harmlessPaths].filter((path) => !known.has(path))).toEqual([]);
  expect([...laxerBelow, ...offAtZero].filter((path) => !numericLimits.some((field) => field.path === path))).toEqual(
    [],
  );
});

test('sentences go together: a meaning and an advice begin small and end without a full stop, as they are put into lines', () => {
  const sentences = relaxations.flatMap(({ meaning, advice }) => [meaning, advice]);
  expect(sentences.filter((text) => !/^([a-z]|CBC|TLS)/.test(text) || text.endsWith('.'))).toEqual([]);
});
