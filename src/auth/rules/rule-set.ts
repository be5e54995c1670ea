import type { AuthorizedClient } from '../../broker/ports.ts';
import { ConfigError } from '../../kernel/errors.ts';
import type { AskingClient } from './client-facts.ts';
import { type Condition, type Groups, judge } from './condition.ts';
import { parseAccessRule, type Rule } from './rule.ts';
import { type Action, actions, type RuleOptions, type RulesOptions } from './rule-options.ts';
import { type RuleNode, treeOf } from './rule-tree.ts';
import type { Entry } from './topic-verdict.ts';

/** Where one client begins in the rules that speak of it. */
export type ClientRules = Readonly<Record<Action, readonly Entry[]>>;

/** Rules about the same clients. */
class Section {
  readonly condition: Condition;
  readonly rules: Rule[] = [];
  #trees: ReadonlyMap<Action, RuleNode> | undefined;
  #denials: ReadonlyMap<Action, RuleNode> | undefined;

  constructor(condition: Condition) {
    this.condition = condition;
  }

  get trees(): ReadonlyMap<Action, RuleNode> {
    this.#trees ??= treesOf(this.rules);
    return this.#trees;
  }

  /** For a client of whom it is not known whether they are about it. */
  get denials(): ReadonlyMap<Action, RuleNode> {
    this.#denials ??= treesOf(this.rules.filter(({ isAllowing }) => !isAllowing));
    return this.#denials;
  }
}

const treesOf = (rules: readonly Rule[]): ReadonlyMap<Action, RuleNode> =>
  new Map(
    actions.flatMap((action) => {
      const tree = treeOf(rules, action);
      return tree === undefined ? [] : [[action, tree] as const];
    }),
  );

/** All rules, so that a client finds those about it without a look at the others. */
export class RuleSet {
  readonly rules: readonly Rule[];
  /** A rule takes from what a subscription brings. */
  readonly deniesReceiving: boolean;
  readonly #groups: Groups;
  readonly #groupsOf = new Map<string, string[]>();
  /** By the whole user names, groups or client ids that they ask for. */
  readonly #byUser = new Map<string, Section[]>();
  readonly #byGroup = new Map<string, Section[]>();
  readonly #byClientId = new Map<string, Section[]>();
  readonly #others: Section[] = [];
  /** Forgotten with their clients. */
  #known = new WeakMap<AuthorizedClient, ClientRules>();

  /** @param isMeant of the rules only those, at their places among all */
  constructor(
    { rules, groups }: Pick<RulesOptions, 'rules' | 'groups'>,
    isMeant: (rule: RuleOptions) => boolean = () => true,
  ) {
    this.rules = rules.flatMap((options, order) => (isMeant(options) ? [ruleOf(options, order)] : []));
    this.deniesReceiving = this.rules.some((rule) => !rule.isAllowing && rule.actions.includes('receive'));
    this.#groups = new Map(Object.entries(groups).map(([name, users]) => [name, new Set(users)]));
    for (const [name, users] of this.#groups) for (const user of users) push(this.#groupsOf, user, name);
    const sections = new Map<string, Section>();
    for (const rule of this.rules) {
      const { condition } = rule;
      let section = sections.get(condition.key);
      if (section === undefined) {
        section = new Section(condition);
        sections.set(condition.key, section);
        this.#place(section);
      }
      section.rules.push(rule);
    }
  }

  /** The rules about a client; found out once. */
  of(client: AuthorizedClient, facts: () => AskingClient): ClientRules {
    const known = this.#known.get(client);
    if (known !== undefined) return known;
    const rules = this.about(facts());
    this.#known.set(client, rules);
    return rules;
  }

  about(facts: AskingClient): ClientRules {
    const found: Record<Action, Entry[]> = { publish: [], subscribe: [], receive: [] };
    for (const section of this.#candidates(facts)) {
      const judgement = judge(section.condition, facts, this.#groups);
      if (judgement.kind === 'unfit') continue;
      const trees = judgement.kind === 'unknown' ? section.denials : section.trees;
      const values = { facts, captures: judgement.captures };
      for (const [action, node] of trees) found[action].push({ node, values });
    }
    return found;
  }

  /** For those who explain. */
  judge({ condition }: Rule, facts: AskingClient): ReturnType<typeof judge> {
    return judge(condition, facts, this.#groups);
  }

  #place(section: Section): void {
    const { user, group, clientId } = section.condition;
    if (isWhole(user)) for (const { source } of user) push(this.#byUser, source, section);
    else if (group !== undefined) for (const name of group) push(this.#byGroup, name, section);
    else if (isWhole(clientId)) for (const { source } of clientId) push(this.#byClientId, source, section);
    else this.#others.push(section);
  }

  #candidates({ user, clientId, groups }: AskingClient): ReadonlySet<Section> {
    const byGroup =
      groups === undefined // nobody can say, so that all count
        ? [...this.#byGroup.values()].flat()
        : [...groups, ...(this.#groupsOf.get(user) ?? [])].flatMap((name) => this.#byGroup.get(name) ?? []);
    return new Set([
      ...this.#others,
      ...(this.#byUser.get(user) ?? []),
      ...byGroup,
      ...(this.#byClientId.get(clientId) ?? []),
    ]);
  }
}

const isWhole = (patterns: Condition['user']): patterns is NonNullable<Condition['user']> =>
  patterns?.every(({ captures }) => captures.length === 0) === true;

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else if (!known.includes(value)) known.push(value);
}

/** Its schema has parsed it before. */
function ruleOf(options: RuleOptions, order: number): Rule {
  const rule = parseAccessRule(options, order);
  if ('message' in rule) throw new ConfigError('config-invalid', `access.rules[${order}]: ${rule.message}`);
  return rule;
}
