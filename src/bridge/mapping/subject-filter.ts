import { hasMoreLevels, maxTopicLevels } from '../../mqtt/topic-levels.ts';
import { filterProblem } from './codec.ts';
import type { CodecOptions } from './codec-options.ts';
import { decodeToken } from './level.ts';
import { type Mapped, mapped, unmappable } from './mapped.ts';

/**
 * The topic filter of a subject that may have wildcards. It matches the topic of each subject that the wildcards stand for,
 * where that does not begin with `$`: in NATS they stand for those too. And as `#` stands for nothing as well, that of `a.>`
 * matches the topic `a` beside.
 */
export function subjectToFilter(subject: string, options: CodecOptions): Mapped {
  const tokens = subject.split('.');
  const levels: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const isLast = index === tokens.length - 1;
    const level = token === '*' ? mapped('+') : token === '>' ? mapped('#') : decodeToken(token, isLast, options);
    if (level.kind === 'unmappable') return level;
    levels.push(level.value);
  }
  const filter = levels.join('/');
  const problem = filterProblem(filter);
  if (problem !== undefined) return problem;
  if (hasMoreLevels(filter, maxTopicLevels))
    return unmappable('too-many-levels', `its topic filter has more than ${maxTopicLevels} levels`);
  return mapped(filter);
}
