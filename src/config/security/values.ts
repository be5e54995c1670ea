import { dayMs } from '../../kernel/duration.ts';

/** Predicates on values, for tables. */
export const is =
  (...relaxed: readonly unknown[]) =>
  (value: unknown): boolean =>
    relaxed.includes(value);

export const isGiven = (value: unknown): boolean => value !== undefined;

export const listHas =
  (relaxed: string) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.includes(relaxed);

/** @param days of a duration, which is in milliseconds */
export const lastsLongerThan =
  (days: number) =>
  (value: unknown): boolean =>
    typeof value === 'number' && value > days * dayMs;
