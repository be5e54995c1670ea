import type { z } from 'zod';
import { type ConfigPath, formatPath, ownValue, startsWith } from './path.ts';
import { childOf, defaultOf, shapeOf } from './shape.ts';

/** A value that a variable or a flag puts over the file. */
export interface Overlay {
  readonly path: ConfigPath;
  readonly value: unknown;
  /** `VIADUCT_LOG_LEVEL` or `--set log.level`. */
  readonly from: string;
}

type Container = Record<string, unknown> | unknown[];

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

function put(container: Container, step: string | number, value: unknown): void {
  Object.defineProperty(container, step, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * Puts one value into a tree of settings, which is changed. What lies on the way and was not given starts as its
 * default, so that one element of a default list can be changed.
 * @returns the sentence that says why there is no such place, or undefined.
 */
export function applyOverlay(root: unknown, schema: z.ZodType, { path, value }: Overlay): string | undefined {
  let container = root;
  let here = schema;
  for (const [depth, step] of path.entries()) {
    if (!isContainer(container)) return `${formatPath(path.slice(0, depth))} is not a mapping or list in the file`;
    if (Array.isArray(container) && Number(step) > container.length) {
      const list = formatPath(path.slice(0, depth));
      return `${list}[${step}] leaves a gap; the next free place is ${list}[${container.length}]`;
    }
    const next = childOf(here, step);
    if (next === undefined) return `there is no ${formatPath(path.slice(0, depth + 1))}`;
    dropAlternatives(container, here, step);
    if (depth === path.length - 1) put(container, step, value);
    else {
      if ((ownValue(container, step) ?? undefined) === undefined) put(container, step, startOf(next));
      container = ownValue(container, step);
    }
    here = next;
  }
  return undefined;
}

/** `{ env }` over a `{ file }` replaces it: of a choice, only the fields of the chosen option stay. */
function dropAlternatives(container: Container, schema: z.ZodType, step: string | number): void {
  const shape = shapeOf(schema);
  if (shape.kind !== 'choice') return;
  const chosen = shape.options.find((option) => childOf(option, step) !== undefined);
  for (const key of Object.keys(container))
    if (chosen !== undefined && childOf(chosen, key) === undefined) Reflect.deleteProperty(container, key);
}

const startOf = (schema: z.ZodType): unknown => {
  const fallback = defaultOf(schema);
  if (isContainer(fallback)) return fallback;
  return shapeOf(schema).kind === 'list' ? [] : {};
};

/** The overlay that a value comes from: the last one at its path, above it or (for lists in one line) below it. */
export const overlayAt = (overlays: readonly Overlay[], path: ConfigPath): Overlay | undefined =>
  overlays.findLast((overlay) => startsWith(path, overlay.path)) ??
  overlays.findLast((overlay) => startsWith(overlay.path, path));
