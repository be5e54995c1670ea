import type { z } from 'zod';
import type { Sections } from './checks.ts';
import { type Finding, issuePath, parseOptions } from './messages.ts';
import { type ConfigPath, ownValue } from './path.ts';
import { configSchema } from './schema.ts';

/** As much of a configuration with mistakes as is valid, for the rules between settings. */
export interface ValidSections {
  readonly sections: Sections;
  /** What the schemas say of the rest once the entries with mistakes are left out; some of it they said before. */
  readonly issues: readonly z.core.$ZodIssue[];
  /** Puts a finding about `sections` to where it stands in the configuration. */
  readonly original: (finding: Finding) => Finding;
}

/** Entries of a list that are left, by their places. */
interface Kept {
  readonly list: ConfigPath;
  readonly places: readonly number[];
}

/**
 * The sections that are valid by themselves, so that one mistake does not hide those elsewhere. Of a section whose only
 * mistakes stand in entries of a list, the other entries are kept: a bad rule does not hide what is wrong with the next.
 */
export function validSections(value: unknown): ValidSections {
  const sections: Record<string, unknown> = {};
  const issues: z.core.$ZodIssue[] = [];
  const kept: Kept[] = [];
  for (const [name, schema] of Object.entries(configSchema.shape)) {
    const section = ownValue(value, name);
    const parsed = schema.safeParse(section, parseOptions);
    if (parsed.success) {
      sections[name] = parsed.data;
      continue;
    }
    const rest = withoutBadEntries(section, parsed.error.issues);
    if (rest === undefined) continue;
    const again = schema.safeParse(rest.value, parseOptions);
    const under = (path: ConfigPath): ConfigPath => [name, ...path];
    kept.push(...rest.kept.map(({ list, places }) => ({ list: under(list), places })));
    if (again.success) sections[name] = again.data;
    else {
      const moved = (path: ConfigPath): PropertyKey[] => [...originalOf(under(path), kept)];
      issues.push(...again.error.issues.map((issue) => ({ ...issue, path: moved(issuePath(issue)) })));
    }
  }
  const isPartial = kept.some(({ list }) => list[0] === 'listeners');
  if (isPartial) delete sections['access']; // it names listeners, which may be those that are left out
  return {
    sections,
    issues,
    original: (finding) => ({ ...finding, path: originalOf(finding.path, kept) }),
  };
}

/** @returns undefined where a mistake stands outside of lists */
function withoutBadEntries(section: unknown, issues: readonly z.core.$ZodIssue[]) {
  const bad = new Map<string, { list: ConfigPath; places: Set<number> }>();
  for (const issue of issues) {
    if (issue.code === 'custom') continue; // the entry is readable, so that its neighbours can be held against it
    const path = issuePath(issue);
    const at = path.findIndex((step) => typeof step === 'number');
    const place = path[at];
    if (typeof place !== 'number') return undefined;
    const list = path.slice(0, at);
    const key = JSON.stringify(list);
    if (!bad.has(key)) bad.set(key, { list, places: new Set() });
    bad.get(key)?.places.add(place);
  }
  let value = section;
  const kept: Kept[] = [];
  for (const { list, places } of bad.values()) {
    const entries = list.reduce(ownValue, section);
    if (!Array.isArray(entries)) return undefined;
    const left = Array.from(entries.keys()).filter((place) => !places.has(place));
    if (left.length === 0) return undefined;
    kept.push({ list, places: left });
    value = replaced(
      value,
      list,
      left.map((place) => entries[place]),
    );
  }
  return { value, kept };
}

/** A copy with another value at the path. */
function replaced(value: unknown, [step, ...rest]: ConfigPath, other: unknown): unknown {
  if (step === undefined) return other;
  return { ...Object(value), [step]: replaced(ownValue(value, step), rest, other) };
}

function originalOf(path: ConfigPath, kept: readonly Kept[]): ConfigPath {
  for (const { list, places } of kept) {
    const place = path[list.length];
    if (typeof place === 'number' && list.every((step, index) => path[index] === step))
      return [...list, places[place] ?? place, ...path.slice(list.length + 1)];
  }
  return path;
}
