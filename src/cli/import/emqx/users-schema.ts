import { z } from 'zod';

/** A user as EMQX imports it. */
export const userSchema = z.looseObject({
  user_id: z.string(),
  password_hash: z.string(),
  salt: z.string().optional(),
  is_superuser: z.union([z.boolean(), z.string()]).optional(),
});
export const usersSchema = z.array(userSchema);

export type User = z.output<typeof userSchema>;
