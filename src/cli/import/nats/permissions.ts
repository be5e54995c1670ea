import type { RuleOptions } from '../../../auth/rules/rule-options.ts';
import { defaultCodec } from '../../../bridge/mapping/codec-options.ts';
import { subjectToFilter } from '../../../bridge/mapping/subject-filter.ts';
import { differs, leftOut, type NoteOutcome } from '../note.ts';
import { braceProblem, literalTopic } from '../rule-text.ts';
import type { ConfEntry, ConfValue } from './conf.ts';
import { entriesOf } from './settings.ts';

/** What is told of one line. */
export type Tell = (entry: ConfEntry, outcome: NoteOutcome | undefined) => void;

type Action = 'publish' | 'subscribe';
const actionOf = (key: string): Action | undefined =>
  /^(publish|pub|import)$/i.test(key) ? 'publish' : /^(subscribe|sub|export)$/i.test(key) ? 'subscribe' : undefined;

const subjectsIn = (value: ConfValue): readonly string[] => {
  if (value.kind === 'text') return [value.text];
  return value.kind === 'list' ? value.items.flatMap((item) => (item.kind === 'text' ? [item.text] : [])) : [];
};

const denialDiffers = differs(
  'a subscription to it is granted and brings nothing of it, as a wider one does in nats-server',
);

/**
 * Rules for the permissions of one user. What it may publish or read is everything where nothing is said, but for what is
 * denied, which comes first.
 */
export function importPermissions(user: string, permissions: readonly ConfEntry[], tell: Tell): RuleOptions[] {
  const denying: RuleOptions[] = [];
  const allowing: RuleOptions[] = [];
  const open = new Set<Action>(['publish', 'subscribe']);
  const take = (entry: ConfEntry, action: Action, isAllowing: boolean): void => {
    const subjects = subjectsIn(entry.value);
    const found = subjects.map(topicOf);
    const topics = found.flatMap((one) => (typeof one === 'string' ? [one] : []));
    const problem = found.find((one) => typeof one !== 'string');
    const other = action === 'subscribe' && !isAllowing ? denialDiffers : undefined;
    tell(entry, problem === undefined ? other : problem.outcome);
    if (isAllowing) open.delete(action);
    if (topics.length === 0) return;
    if (isAllowing) allowing.push({ allow: action, user, topics });
    else denying.push({ deny: action === 'publish' ? action : 'receive', user, topics });
  };
  for (const entry of permissions) {
    const action = actionOf(entry.key);
    if (action === undefined)
      tell(entry, leftOut('who answers a request needs a rule for the topic of the answer; it has no counterpart'));
    else if (entry.value.kind === 'map')
      for (const inner of entriesOf(entry.value))
        if (/^(allow|deny)$/i.test(inner.key)) take(inner, action, inner.key.toLowerCase() === 'allow');
        else tell(inner, leftOut('it is no permission'));
    else take(entry, action, true);
  }
  for (const action of open) allowing.push({ allow: action, user });
  return [...denying, ...allowing];
}

/** `a.>` asks for one token more at least. */
function topicOf(subject: string): string | { readonly outcome: NoteOutcome } {
  const [plain = '', queue] = subject.trim().split(/\s+/);
  if (queue !== undefined)
    return { outcome: leftOut(`"${subject}" is about a queue group, of which rules know nothing`) };
  const filter = subjectToFilter(plain, defaultCodec);
  if (filter.kind === 'unmappable')
    return { outcome: leftOut(`no topic stands for the subject "${plain}": ${filter.message}`) };
  const topic = literalTopic(filter.value.replace(/\/#$/, '/+/#'));
  return topic ?? { outcome: leftOut(braceProblem) };
}
