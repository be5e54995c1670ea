import type { Leaf } from '../effective.ts';
import { metaOf } from '../shape.ts';
import type { Grade, SecurityFinding } from './security-finding.ts';

/** A limit this many times its default defends nothing that the default does. */
const factor = 16;

/** Limits of which less is laxer. */
export const laxerBelow: ReadonlySet<string> = new Set(['limits.packetPace', 'limits.takeOvers.delay']);

/** Limits that have a default and that 0 switches off; elsewhere 0 is the strictest or not allowed. */
export const offAtZero: ReadonlySet<string> = new Set([
  'listeners[].tcpKeepAlive',
  'bridge.maxCrossings',
  'limits.takeOvers.delay',
]);

/** Judges a setting that is a limit. @param path as the reference has it @param value parsed @returns undefined where it is near its default */
export function judgeLimit({ path: at, schema }: Leaf, path: string, value: unknown): SecurityFinding | undefined {
  const parsed = schema.safeParse(undefined);
  const usual = parsed.success ? parsed.data : undefined;
  if (metaOf(schema).limit === undefined || typeof value !== 'number' || typeof usual !== 'number') return undefined;
  if (usual === 0) return undefined; // off by default; what it defends is judged with others
  const said = (grade: Grade, meaning: string): SecurityFinding => ({
    path: at,
    grade,
    meaning,
    advice: 'leave it out, unless there is a reason (docs/security.md has one for the default)',
  });
  if (value === 0 && offAtZero.has(path)) return said('warning', 'this limit is switched off');
  const times = laxerBelow.has(path) ? usual / value : value / usual;
  if (times < factor) return undefined;
  const what = laxerBelow.has(path) ? 'a small part of its default' : `${Math.floor(times)} times its default`;
  return said('warning', `this limit is ${what}, so that one client can take what was meant for all`);
}
