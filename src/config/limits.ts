import { type Limit, type LimitScope, limitScopes } from '../kernel/schema.ts';
import { describe } from './describe.ts';
import { defaultText, markdownTable } from './markdown.ts';
import { configSchema } from './schema.ts';

/** What the groups of limits are called, in the order from one packet to a whole node. */
export const limitHeadings: Readonly<Record<LimitScope, string>> = {
  packet: 'One packet or message',
  connection: 'One connection',
  session: 'One session, also while its client is away',
  user: 'One user, all connections together',
  address: 'One address',
  listener: 'One listener',
  link: 'A link to Redis or NATS',
  node: 'One node, all clients together',
};

export interface LimitGroup<Field> {
  readonly bounds: LimitScope;
  readonly fields: readonly (Field & { readonly limit: Limit })[];
}

/** Settings that are limits, by whom they bound; groups without any are left out. */
export function groupLimits<Field extends { readonly limit?: Limit }>(fields: readonly Field[]): LimitGroup<Field>[] {
  return limitScopes
    .map((bounds) => ({ bounds, fields: fields.filter(isLimit).filter(({ limit }) => limit.bounds === bounds) }))
    .filter((group) => group.fields.length > 0);
}

const isLimit = <Field extends { readonly limit?: Limit }>(field: Field): field is Field & { readonly limit: Limit } =>
  field.limit !== undefined;

const begin = '<!-- limits: made from the schemas by `npm run docs`; do not edit -->';
const end = '<!-- end of limits -->';

/** Puts the table of all limits into docs/security.md, between its two comments. */
export function withLimitsTable(page: string): string {
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before === -1 || after < before) throw new Error(`docs/security.md needs the lines "${begin}" and "${end}"`);
  return `${page.slice(0, before)}${begin}\n\n${limitsTable()}\n\n${page.slice(after)}`;
}

function limitsTable(): string {
  const head = ['Setting', 'Default', 'What it bounds', 'Why this default', 'What the one beyond it sees', 'Metric'];
  return groupLimits(describe(configSchema))
    .map(({ bounds, fields }) => {
      const rows = fields.map((field) => {
        const { why, client, metric } = field.limit;
        const counted = metric === undefined ? '' : `\`${metric}\``;
        return [`\`${field.path}\``, defaultText(field), field.description, why, client, counted];
      });
      return `### ${limitHeadings[bounds]}\n\n${markdownTable(head, rows)}`;
    })
    .join('\n\n');
}
