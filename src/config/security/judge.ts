import type { LoadedConfig } from '../compose.ts';
import type { Leaf } from '../effective.ts';
import { formatPath, ownValue } from '../path.ts';
import { metaOf } from '../shape.ts';
import { accessRelaxations } from './access-relaxations.ts';
import { accessRules } from './access-rules.ts';
import { linkRules } from './link-rules.ts';
import { listenerRelaxations } from './listener-relaxations.ts';
import { listenerRules } from './listener-rules.ts';
import { judgeLimit } from './numbers.ts';
import { otherRelaxations } from './other-relaxations.ts';
import {
  grades,
  type JudgedPlace,
  type Relaxation,
  type SecurityFinding,
  type SecurityRule,
} from './security-finding.ts';

export const relaxations: readonly Relaxation[] = [...listenerRelaxations, ...accessRelaxations, ...otherRelaxations];

export const securityRules: readonly SecurityRule[] = [...listenerRules, ...accessRules, ...linkRules];

/** `listeners[0].tls` as the reference has it: `listeners[].tls`. */
const general = (path: string): string => path.replaceAll(/\[\d+\]/g, '[]');

/** Everything in which a configuration is laxer than it might be, the worst first. Pure: looks at no file. */
export function judgeConfig({ config, leaves }: Pick<LoadedConfig, 'config' | 'leaves'>): SecurityFinding[] {
  const found = [
    ...leaves.flatMap((leaf) => judgeLeaf(leaf, config)),
    ...securityRules.flatMap(({ find }) => find(config)),
  ];
  return found.toSorted((a, b) => grades.indexOf(a.grade) - grades.indexOf(b.grade));
}

const byPath: ReadonlyMap<string, readonly Relaxation[]> = new Map(
  relaxations.map(({ path }) => [path, relaxations.filter((other) => other.path === path)]),
);

/** The settings at which `judgeConfig` looks: those of its tables, and limits. Sections that are not used are left out. */
export function judgedLeaves({ config, leaves }: Pick<LoadedConfig, 'config' | 'leaves'>): Leaf[] {
  const judged = new Set([...byPath.keys(), ...securityRules.flatMap(({ judges }) => judges)]);
  return leaves.filter(({ path, schema }) => {
    const isUsed = path.slice(0, -1).reduce(ownValue, config) !== undefined;
    return isUsed && (judged.has(general(formatPath(path))) || metaOf(schema).limit !== undefined);
  });
}

function judgeLeaf(leaf: Leaf, config: JudgedPlace['config']): SecurityFinding[] {
  const parent = leaf.path.slice(0, -1).reduce(ownValue, config);
  if (parent === undefined) return []; // of a section that is not used
  const value = ownValue(parent, leaf.path.at(-1) ?? '');
  const path = general(formatPath(leaf.path));
  const [section, index] = leaf.path;
  const listener = section === 'listeners' && typeof index === 'number' ? config.listeners[index] : undefined;
  const place = { config, listener };
  const limit = judgeLimit(leaf, path, value);
  const own = (byPath.get(path) ?? [])
    .filter(({ when }) => when(value, place))
    .map(({ grade, meaning, advice }) => ({
      path: leaf.path,
      grade: typeof grade === 'function' ? grade(place) : grade,
      meaning,
      advice,
    }));
  return [...own, ...(limit === undefined ? [] : [limit])];
}
