import { z } from 'zod';

/** What `aedes adduser` writes, by user name. */
export const credentialsSchema = z.record(
  z.string(),
  z.looseObject({
    salt: z.string(),
    hash: z.string(),
    authorizePublish: z.string().optional(),
    authorizeSubscribe: z.string().optional(),
  }),
);

/** Settings as `aedes --config` reads them. */
export const aedesConfigSchema = z.record(z.string(), z.unknown());
