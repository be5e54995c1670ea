import type { Action, ConditionOptions, RuleOptions } from '../../../auth/rules/rule-options.ts';
import { AppError } from '../../../kernel/errors.ts';
import { leftOut, type Note, type NoteOutcome, noteOf } from '../note.ts';
import { braceProblem, hasBrace } from '../rule-text.ts';
import { isFault, parseTerms, type Term } from './terms.ts';
import { topicOf } from './topic.ts';

export interface ImportedRules {
  readonly rules: readonly RuleOptions[];
  readonly notes: readonly Note[];
}

/** What a part of a rule becomes, or why it becomes nothing. */
type Part<T> = T | { readonly leftOut: string };

const isLeftOut = (part: object): part is { readonly leftOut: string } => 'leftOut' in part;

/** EMQX's acl.conf, whose rules are asked in order too. @throws AppError usage where it is none */
export function importAclConf(file: string, source: string): ImportedRules {
  const terms = parseTerms(source);
  if (isFault(terms)) throw new AppError('usage', `${file}:${terms.line}: ${terms.problem}; acl.conf has Erlang terms`);
  const rules: RuleOptions[] = [];
  const notes = terms.map(({ term, line, text }) => {
    const made = ruleOf(term);
    rules.push(...made.rules);
    return noteOf({ file, line }, text, made.outcome);
  });
  return { rules, notes };
}

const itemsOf = (term: Term | undefined): readonly Term[] =>
  term?.kind === 'tuple' || term?.kind === 'list' ? term.items : [];
const wordOf = (term: Term | undefined): string | undefined =>
  term?.kind === 'atom' || term?.kind === 'text' ? term.value : undefined;

function ruleOf(term: Term): { readonly rules: readonly RuleOptions[]; readonly outcome: NoteOutcome | undefined } {
  const nothing = (says: string) => ({ rules: [], outcome: leftOut(says) });
  const [permission, who, what, topics] = itemsOf(term);
  const effect = wordOf(permission);
  if (term.kind !== 'tuple' || (effect !== 'allow' && effect !== 'deny'))
    return nothing('a rule is {allow, ...} or {deny, ...}');
  const conditions = conditionsOf(who);
  if (isLeftOut(conditions)) return nothing(conditions.leftOut);
  const message = what === undefined ? { actions: 'all' as const } : actionsOf(what);
  if (isLeftOut(message)) return nothing(message.leftOut);
  const { actions, ...rest } = message;
  const filters = topics === undefined ? { found: undefined, missing: [] } : topicsOf(itemsOf(topics));
  if (filters.found?.length === 0) return nothing(filters.missing.join('; '));
  const rules = conditions.map(
    (condition): RuleOptions => ({
      ...(effect === 'allow' ? { allow: actions } : { deny: actions }),
      ...(filters.found === undefined ? {} : { topics: filters.found }),
      ...condition,
      ...rest,
    }),
  );
  const [missing] = filters.missing;
  return {
    rules,
    outcome:
      missing === undefined
        ? undefined
        : { outcome: 'differs', says: `without some of its topics: ${filters.missing.join('; ')}` },
  };
}

/** Whom a rule is about: one of these has to fit. */
function conditionsOf(who: Term | undefined): Part<readonly ConditionOptions[]> {
  if (wordOf(who) === 'all') return [{}];
  const [kind, value] = itemsOf(who);
  switch (wordOf(kind) ?? '') {
    case 'user':
    case 'username':
      return named('user', value);
    case 'client':
    case 'clientid':
      return named('clientId', value);
    case 'ipaddr':
      return addresses(value === undefined ? [] : [value]);
    case 'ipaddrs':
      return addresses(itemsOf(value));
    case 'and':
      return every(itemsOf(value).map(conditionsOf));
    case 'or': {
      const parts = itemsOf(value).map(conditionsOf);
      const bad = parts.find(isLeftOut);
      return bad ?? parts.flatMap((part) => (isLeftOut(part) ? [] : part));
    }
    default:
      return { leftOut: 'whom it is about has no counterpart; see access.rules for what can be asked' };
  }
}

function named(field: 'user' | 'clientId', value: Term | undefined): Part<readonly ConditionOptions[]> {
  const [kind, pattern] = itemsOf(value);
  const isPattern = wordOf(kind) === 're';
  const name = isPattern ? nameOfPattern(wordOf(pattern) ?? '') : wordOf(value);
  if (isPattern && name === undefined)
    return {
      leftOut: 'a regular expression other than ^text or ^text$ has no counterpart; write captures: pump-{number}',
    };
  if (name === undefined || name === '') return { leftOut: 'it names nobody' };
  return !isPattern && hasBrace(name) ? { leftOut: braceProblem } : [{ [field]: name }];
}

/** `^text$` is a name, `^text` what begins so and goes on. */
function nameOfPattern(pattern: string): string | undefined {
  const [, text, end] = /^\^([A-Za-z0-9_@:-]+)(\$?)$/.exec(pattern) ?? [];
  if (text === undefined) return undefined;
  return end === '$' ? text : `${text}{rest}`;
}

function addresses(terms: readonly Term[]): Part<readonly ConditionOptions[]> {
  const found = terms.map(wordOf).filter((one) => one !== undefined);
  return found.length === 0 || found.length < terms.length ? { leftOut: 'it names no address' } : [{ address: found }];
}

/** All of several conditions at once: the products of what each may be. */
function every(parts: readonly Part<readonly ConditionOptions[]>[]): Part<readonly ConditionOptions[]> {
  let all: readonly ConditionOptions[] = [{}];
  for (const part of parts) {
    if (isLeftOut(part)) return part;
    const joined = all.flatMap((one) => part.map((other) => merged(one, other)));
    const fitting = joined.filter((one) => one !== undefined);
    if (fitting.length < joined.length) return { leftOut: 'it asks two things of the same field at once' };
    all = fitting;
  }
  return all;
}

const merged = (one: ConditionOptions, other: ConditionOptions): ConditionOptions | undefined =>
  Object.keys(one).some((key) => Object.hasOwn(other, key)) ? undefined : { ...one, ...other };

/** What a rule asks of a message that is published. */
type MessageOptions = Partial<Pick<RuleOptions, 'qos' | 'retain'>>;
type Actions = MessageOptions & { readonly actions: 'all' | readonly Action[] };

const actionsByName: Readonly<Record<string, 'all' | readonly Action[]>> = {
  publish: ['publish'],
  subscribe: ['subscribe', 'receive'],
  pubsub: 'all',
  all: 'all',
};

function actionsOf(term: Term): Part<Actions> {
  const [name, more] = term.kind === 'tuple' ? term.items : [term];
  const actions = actionsByName[wordOf(name) ?? ''];
  if (actions === undefined) return { leftOut: 'an action is publish, subscribe or all' };
  let conditions: MessageOptions = {};
  for (const option of itemsOf(more)) {
    const [key, value] = itemsOf(option);
    if (wordOf(key) === 'qos') conditions = { ...conditions, qos: qosOf(value) };
    else if (wordOf(key) === 'retain' && wordOf(value) !== 'all')
      conditions = {
        ...conditions,
        retain: wordOf(value) === 'true' || (value?.kind === 'number' && value.value === 1),
      };
  }
  const isAboutMessages = conditions.qos !== undefined || conditions.retain !== undefined;
  if (isAboutMessages && !(actions.length === 1 && actions !== 'all'))
    return { leftOut: 'QoS and retain are asked of what is published only' };
  return { actions, ...conditions };
}

const qosOf = (value: Term | undefined): NonNullable<RuleOptions['qos']> => {
  const given = value?.kind === 'number' ? [value] : itemsOf(value);
  return ([0, 1, 2] as const).filter((qos) => given.some((one) => one.kind === 'number' && one.value === qos));
};

function topicsOf(terms: readonly Term[]): { readonly found: string[]; readonly missing: string[] } {
  const found: string[] = [];
  const missing: string[] = [];
  for (const term of terms) {
    const [kind, exact] = itemsOf(term);
    if (wordOf(kind) === 'eq') {
      missing.push(
        `{eq, "${wordOf(exact) ?? ''}"}: a filter counts as the set of topics that it matches; where not all of them are allowed it is refused by itself`,
      );
      continue;
    }
    const topic = topicOf(wordOf(term) ?? '');
    if (typeof topic === 'string') found.push(topic);
    else missing.push(topic.problem);
  }
  return { found, missing };
}
