import type { Action, RuleOptions } from '../../../auth/rules/rule-options.ts';
import { AppError } from '../../../kernel/errors.ts';
import { leftOut, noteOf } from '../note.ts';
import { braceProblem, hasBrace } from '../rule-text.ts';
import type { ImportedRules } from './acl-conf.ts';
import { type DatabaseRule, type RulesEntry, rulesAnswerSchema } from './database-rules-schema.ts';
import { topicOf } from './topic.ts';

const actionsOf: Readonly<Record<DatabaseRule['action'], 'all' | readonly Action[]>> = {
  publish: ['publish'],
  subscribe: ['subscribe', 'receive'],
  all: 'all',
};

/**
 * Rules of the built-in database, as its HTTP API lists them
 * (`/api/v5/authorization/sources/built_in_database/rules/users`, `.../clients` and `.../all`). @throws AppError usage
 */
export function importDatabaseRules(file: string, text: string): ImportedRules {
  const rules: RuleOptions[] = [];
  const notes = entriesOf(file, text).flatMap(({ username, clientid, rules: own }, index) =>
    own.map(({ topic, permission, action }) => {
      const place = { file, line: index + 1 };
      const said = `${username ?? clientid ?? 'all'}: ${permission} ${action} ${topic}`;
      const filter = topicOf(topic);
      if (typeof filter !== 'string') return noteOf(place, said, leftOut(filter.problem));
      if (hasBrace(username ?? clientid ?? '')) return noteOf(place, said, leftOut(braceProblem));
      rules.push({
        ...(permission === 'allow' ? { allow: actionsOf[action] } : { deny: actionsOf[action] }),
        topics: [filter],
        ...(username === undefined ? {} : { user: username }),
        ...(clientid === undefined ? {} : { clientId: clientid }),
      });
      return noteOf(place, said, undefined);
    }),
  );
  return { rules, notes };
}

function entriesOf(file: string, text: string): readonly RulesEntry[] {
  try {
    const answer = rulesAnswerSchema.parse(JSON.parse(text));
    return 'data' in answer ? answer.data : answer;
  } catch (cause) {
    throw new AppError('usage', `${file} has no rules of EMQX's database, as its HTTP API lists them`, { cause });
  }
}
