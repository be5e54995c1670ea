import { type BridgeRuleOptions, type CodecConfig, codecSchema } from '../schema.ts';
import { codecOptions } from './codec-options.ts';
import { doubled, type Mapping } from './overlap.ts';
import { isParsed, type ParsedRule, parseBridgeRule } from './parse-rule.ts';
import { PatternIndex } from './pattern-index.ts';

/** Something wrong with the configuration, and where. */
export interface MappingProblem {
  /** Config path, e.g. `['bridge', 'rules', 1, 'subject']`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Pairs of rules that are told; n equal rules have n * (n - 1) / 2. */
const maxPairs = 100;

/**
 * Everything that is wrong with the rules, alone and together: unreadable patterns, captures that do not fit, names
 * that clients could choose freely, repeated rule names, and pairs of rules that would deliver one message twice.
 */
export function checkRules(
  rules: readonly BridgeRuleOptions[],
  config: CodecConfig = codecSchema.parse(undefined),
): readonly MappingProblem[] {
  const parsed = rules.map(parseBridgeRule);
  const alone: MappingProblem[] = parsed.flatMap((rule, index) =>
    isParsed(rule) ? [] : rule.map(({ field, message }) => ({ path: ['bridge', 'rules', index, field], message })),
  );
  return [...alone, ...nameProblems(rules), ...consumerProblems(rules), ...pairProblems(rules, parsed, config)];
}

function nameProblems(rules: readonly BridgeRuleOptions[]): MappingProblem[] {
  const first = new Map<string, number>();
  return rules.flatMap(({ name }, index): MappingProblem[] => {
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    if (before === undefined) return [];
    const message = `rule "${name}": another rule, number ${before + 1}, has this name; counters and logs need different ones`;
    return [{ path: ['bridge', 'rules', index, 'name'], message }];
  });
}

/** Each message of a consumer goes to one of those who ask, and to a rule that may not want it. */
function consumerProblems(rules: readonly BridgeRuleOptions[]): MappingProblem[] {
  const first = new Map<string, string>();
  return rules.flatMap(({ name, jetstream }, index): MappingProblem[] => {
    if (jetstream === undefined) return [];
    const key = `${jetstream.stream} ${jetstream.consumer}`;
    const before = first.get(key);
    if (before === undefined) first.set(key, name);
    if (before === undefined) return [];
    const message = `rule "${name}": rule "${before}" takes from consumer "${jetstream.consumer}" of stream "${jetstream.stream}" too, so each would get a part; give every rule its own consumer`;
    return [{ path: ['bridge', 'rules', index, 'jetstream', 'consumer'], message }];
  });
}

/** Pairs of rules that send or take the same messages to the same place; only rules that meet on both sides can. */
function pairProblems(
  rules: readonly BridgeRuleOptions[],
  parsed: readonly ReturnType<typeof parseBridgeRule>[],
  config: CodecConfig,
): MappingProblem[] {
  const codec = codecOptions(config);
  const problems: MappingProblem[] = [];
  // The side that messages go to comes first: it begins with a fixed part, so most searches end there.
  const senders = new PatternIndex<number>();
  const receivers = new PatternIndex<number>();
  for (const [index, late] of parsed.entries()) {
    if (!isParsed(late)) continue;
    const near = new Set<number>();
    if (late.isSending) meetAndAdd(senders, [late.subject, late.topic], index, near);
    if (late.isReceiving) meetAndAdd(receivers, [late.topic, late.subject], index, near);
    for (const earlyIndex of [...near].sort((a, b) => a - b)) {
      const early = parsed[earlyIndex];
      if (early === undefined || !isParsed(early)) continue;
      const names = `rule "${rules[index]?.name}": together with rule "${rules[earlyIndex]?.name}" it would deliver`;
      const found = pairProblem(early, late, codec);
      if (found === undefined) continue;
      problems.push({ path: ['bridge', 'rules', index, found.field], message: `${names} ${found.message}` });
      if (problems.length === maxPairs) return [...problems, more];
    }
  }
  return problems;
}

const more: MappingProblem = {
  path: ['bridge', 'rules'],
  message: `${maxPairs} pairs of rules that would deliver a message twice are shown; there may be more`,
};

function meetAndAdd(
  index: PatternIndex<number>,
  row: readonly ParsedRule['topic'][],
  value: number,
  near: Set<number>,
): void {
  index.meet(row, (other) => near.add(other));
  index.add(row, value);
}

interface PairProblem {
  readonly field: 'topic' | 'subject';
  readonly message: string;
}

function pairProblem(
  early: ParsedRule,
  late: ParsedRule,
  codec: ReturnType<typeof codecOptions>,
): PairProblem | undefined {
  const sent = early.isSending && late.isSending ? doubled(sending(early), sending(late), codec) : undefined;
  if (sent !== undefined)
    return {
      field: 'subject',
      message: `a message on topic "${sent.source}" twice to subject "${sent.target}"; remove one, or give it another subject`,
    };
  const taken = early.isReceiving && late.isReceiving ? doubled(receiving(early), receiving(late), codec) : undefined;
  if (taken === undefined) return undefined;
  return {
    field: 'topic',
    message: `a message on subject "${taken.source}" twice to topic "${taken.target}"; remove one, or give it another topic`,
  };
}

const sending = ({ topic, subject }: ParsedRule): Mapping => ({ source: topic, target: subject });
const receiving = ({ topic, subject }: ParsedRule): Mapping => ({ source: subject, target: topic });
