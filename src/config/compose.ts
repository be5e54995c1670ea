import type { z } from 'zod';
import { checkSections, warningsIn } from './checks.ts';
import { type Leaf, leavesOf, withEmptySections } from './effective.ts';
import { type EnvironmentVariables, readEnvironment } from './env.ts';
import { readFlags, schemaAt } from './flags.ts';
import { type Finding, findingsOf, parseOptions } from './messages.ts';
import { applyOverlay, type Overlay, overlayAt } from './overlay.ts';
import { type ConfigPath, formatPath, startsWith } from './path.ts';
import { type Problem, sortProblems } from './problems.ts';
import { type Config, configSchema } from './schema.ts';
import { validSections } from './sections.ts';
import { shapeOf } from './shape.ts';
import { parseSource } from './source.ts';
import type { YamlSource } from './yaml-document.ts';

/** Where a value was written. */
export type ValueOrigin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  /** `VIADUCT_LOG_LEVEL` or `--set log.level`. */
  | { readonly kind: 'environment' | 'flag'; readonly from: string };

export interface LoadedConfig {
  readonly kind: 'loaded';
  readonly config: Config;
  /** By path, e.g. `listeners[0].bind`. */
  readonly origins: ReadonlyMap<string, ValueOrigin>;
  /** What can run, and is hardly what somebody wants; sorted. */
  readonly warnings: readonly Problem[];
  /** Every setting with its value as a person would write it. */
  readonly leaves: readonly Leaf[];
  /** What was put together from file, environment and flags, as it was written. */
  readonly value: unknown;
  /** The same sources with another value, which is checked anew. */
  readonly withValue: (value: unknown) => LoadedConfig | RefusedConfig;
  /** Turns a finding of a later check into a problem at the place where the value was written. */
  readonly locate: (finding: Finding) => Problem;
}

export interface RefusedConfig {
  readonly kind: 'refused';
  /** At least one, sorted. */
  readonly problems: readonly Problem[];
}

export interface ComposeInput {
  /** The text of the file and the name it is known by; left out: defaults. */
  readonly file?: { readonly name: string; readonly text: string } | undefined;
  readonly env: EnvironmentVariables;
  /** `path=value`, a later one wins. */
  readonly flags: readonly string[];
}

/** Puts defaults < file < environment < flags together and checks the whole. Pure: reads no file. */
export function composeConfig({ file, env, flags }: ComposeInput): LoadedConfig | RefusedConfig {
  const source = file === undefined ? undefined : parseSource(file.text, file.name);
  const variables = readEnvironment(env, configSchema);
  const settings = readFlags(flags, configSchema);
  const problems = [...(source?.problems ?? []), ...variables.problems, ...settings.problems];
  if (source?.isReadable === false) return { kind: 'refused', problems: sortProblems(problems) };

  const value = withEmptySections(configSchema, source?.value ?? {});
  const overlays: Overlay[] = [];
  for (const overlay of [...variables.overlays, ...settings.overlays]) {
    const refusal = applyOverlay(value, configSchema, overlay);
    if (refusal === undefined) overlays.push(overlay);
    else problems.push({ from: overlay.from, path: formatPath(overlay.path), message: refusal });
  }
  return checked(value, { source, overlays, problems, env });
}

interface Sources {
  readonly source: YamlSource | undefined;
  readonly overlays: readonly Overlay[];
  readonly env: EnvironmentVariables;
  /** What is wrong with the sources themselves. */
  readonly problems: readonly Problem[];
}

function checked(value: unknown, sources: Sources): LoadedConfig | RefusedConfig {
  const { source, overlays } = sources;
  const problems = [...sources.problems];
  const locate = locator(source, overlays);
  const parsed = configSchema.safeParse(value, parseOptions);
  const findings = parsed.success ? checkSections(parsed.data) : findingsIn(value, parsed.error.issues);
  problems.push(...findings.map(locate));
  const real = withoutSecretNames(problems, parsed.data);
  if (!parsed.success || real.length > 0) return { kind: 'refused', problems: sortProblems(real) };

  // made when they are asked for: most callers do not, and with 10,000 bridge rules they are 70,000
  const leaves = once(() => leavesOf(configSchema, value));
  const origins = once(
    () => new Map(leaves().map(({ path }) => [formatPath(path), originOf(path, source, overlays)] as const)),
  );
  return {
    kind: 'loaded',
    config: parsed.data,
    get origins() {
      return origins();
    },
    get leaves() {
      return leaves();
    },
    get warnings() {
      return sortProblems(warningsIn(parsed.data, sources.env).map(locate));
    },
    locate,
    value,
    withValue: (other) => checked(other, { ...sources, problems: [] }),
  };
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** All that is wrong with a configuration with mistakes, as far as one does not make it pointless to look for another. */
function findingsIn(value: unknown, issues: readonly z.core.$ZodIssue[]): Finding[] {
  const { sections, issues: more, original } = validSections(value);
  const found = findingsOf([...issues, ...more], configSchema, value);
  const once = new Map(found.map((finding) => [`${formatPath(finding.path)} ${finding.message}`, finding]));
  return [...once.values(), ...checkSections(sections).map(original)];
}

/** A variable that a secret refers to is no misspelt setting, whatever its name. */
function withoutSecretNames(problems: readonly Problem[], config: Config | undefined): Problem[] {
  const references = [config?.nats.password, config?.nats.token, config?.nats.nkey];
  const names = references.flatMap((reference) =>
    reference !== undefined && 'env' in reference ? [reference.env] : [],
  );
  return problems.filter(({ from, path }) => path !== '' || from === undefined || !names.includes(from));
}

/** Where `{ env }` was put over a `{ file }`, the value is no longer that of the file. */
function sourceOverlay(overlays: readonly Overlay[], path: ConfigPath): Overlay | undefined {
  const schema = schemaAt(configSchema, path);
  const isChoice = schema !== undefined && shapeOf(schema).kind === 'choice';
  return isChoice ? overlayAt(overlays, path) : overlays.findLast((one) => startsWith(path, one.path));
}

function locator(source: YamlSource | undefined, overlays: readonly Overlay[]): (finding: Finding) => Problem {
  return ({ path, message, isKey = false }) => {
    const about = { path: formatPath(path), message };
    const overlay = sourceOverlay(overlays, path);
    if (overlay !== undefined) {
      const below = path.length > overlay.path.length ? `${about.path}: ` : '';
      return { ...about, from: overlay.from, message: below + message };
    }
    if (source === undefined) return about;
    const exact = isKey ? source.locateKey(path) : source.locate(path);
    if (exact !== undefined) return { file: source.name, ...exact, ...about };
    const parent = nearest(path, source);
    return parent === undefined ? about : { file: source.name, ...parent, ...about };
  };
}

/** Where something that is not there should be: the mapping or list around it, as far as the file has one. */
function nearest(path: ConfigPath, source: YamlSource) {
  for (let length = path.length - 1; length > 0; length--) {
    const found = source.locate(path.slice(0, length));
    if (found !== undefined) return found;
  }
  return source.locate([]);
}

function originOf(path: ConfigPath, source: YamlSource | undefined, overlays: readonly Overlay[]): ValueOrigin {
  const overlay = overlayAt(overlays, path);
  if (overlay !== undefined)
    return { kind: overlay.from.startsWith('--') ? 'flag' : 'environment', from: overlay.from };
  const position = source?.locate(path);
  return source === undefined || position === undefined
    ? { kind: 'default' }
    : { kind: 'file', file: source.name, ...position };
}
