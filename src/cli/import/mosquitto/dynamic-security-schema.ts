import { z } from 'zod';

const assigned = z.array(z.looseObject({ rolename: z.string(), priority: z.number().optional() })).optional();

/** The file of mosquitto's plugin, as far as it is read. */
export const dynamicSecuritySchema = z.looseObject({
  defaultACLAccess: z.record(z.string(), z.boolean()).optional(),
  anonymousGroup: z.string().optional(),
  clients: z
    .array(
      z.looseObject({
        username: z.string(),
        password: z.string().optional(),
        salt: z.string().optional(),
        iterations: z.number().optional(),
        clientid: z.string().optional(),
        disabled: z.boolean().optional(),
        roles: assigned,
      }),
    )
    .optional(),
  groups: z
    .array(
      z.looseObject({
        groupname: z.string(),
        roles: assigned,
        clients: z.array(z.looseObject({ username: z.string() })).optional(),
      }),
    )
    .optional(),
  roles: z
    .array(
      z.looseObject({
        rolename: z.string(),
        acls: z
          .array(
            z.looseObject({
              acltype: z.string(),
              topic: z.string(),
              priority: z.number().optional(),
              allow: z.boolean(),
            }),
          )
          .optional(),
      }),
    )
    .optional(),
});

export type DynamicSecurity = z.output<typeof dynamicSecuritySchema>;
/** Roles that somebody has. */
export type AssignedRoles = z.output<typeof assigned>;
