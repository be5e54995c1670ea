import type { Pace } from '../../kernel/pace.ts';
import type { AccessDenial } from '../access-verdict.ts';

type Judge<T> = (one: T) => AccessDenial | undefined | Promise<AccessDenial | undefined>;

/** Questions about the filters of one client that are under way at the same time. */
const askedAtOnce = 8;

export interface JudgingDeps<T> {
  readonly judge: Judge<T>;
  readonly pace: Pace;
  /** Nobody waits for it any more. */
  readonly isOver: () => boolean;
}

/**
 * Tells of each filter, in their order, why the client may not have it; undefined: it may.
 * @param wanted may change meanwhile
 */
export async function eachJudged<T>(
  wanted: Iterable<T>,
  { judge, pace, isOver }: JudgingDeps<T>,
  tell: (one: T, denial: AccessDenial | undefined) => void,
): Promise<void> {
  for (const some of inGroups(wanted)) {
    const denials = some.map(judge);
    for (const [index, one] of some.entries()) {
      const denial = denials[index];
      const known = denial instanceof Promise ? await denial : denial;
      if (isOver()) return;
      tell(one, known);
      const turn = pace.step();
      if (turn !== undefined) await turn;
    }
  }
}

function* inGroups<T>(all: Iterable<T>): Generator<readonly T[]> {
  let some: T[] = [];
  for (const one of all) {
    some.push(one);
    if (some.length < askedAtOnce) continue;
    yield some;
    some = [];
  }
  yield some;
}
