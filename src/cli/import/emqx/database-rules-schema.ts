import { z } from 'zod';

const ruleSchema = z.looseObject({
  topic: z.string(),
  permission: z.enum(['allow', 'deny']),
  action: z.enum(['publish', 'subscribe', 'all']),
});
const entrySchema = z.looseObject({
  username: z.string().optional(),
  clientid: z.string().optional(),
  rules: z.array(ruleSchema),
});
/** A page of rules, or the list in it. */
export const rulesAnswerSchema = z.union([z.array(entrySchema), z.looseObject({ data: z.array(entrySchema) })]);

export type RulesEntry = z.output<typeof entrySchema>;
export type DatabaseRule = z.output<typeof ruleSchema>;
