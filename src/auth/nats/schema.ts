import { z } from 'zod';
import { aboutAccess, aboutIdentity, serviceFields } from '../outside/schema.ts';

const subject = z
  .string()
  .regex(/^[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u, { error: 'write a subject without wildcards' })
  .refine((text) => text.length <= 256, { error: 'use at most 256 characters' });
const description = 'Subject of the requests. No rule of the bridge may take it.';

const authenticateSchema = z
  .strictObject({
    subject: subject.prefault('viaduct.auth.connect').meta({ description, reload: 'live' }),
    ...serviceFields(aboutIdentity),
  })
  .optional()
  .meta({ description: 'A service on NATS that is asked who a client is.', reload: 'live' });

const authorizeSchema = z
  .strictObject({
    subject: subject.prefault('viaduct.auth.authorize').meta({ description, reload: 'live' }),
    ...serviceFields(aboutAccess),
  })
  .optional()
  .meta({
    description:
      'A service on NATS that is asked what a client may do where no rule says it, and `access.http.authorize` ignores it.',
    reload: 'live',
  });

export const natsAccessSchema = z
  .strictObject({ authenticate: authenticateSchema, authorize: authorizeSchema })
  .prefault({})
  .meta({ description: 'Services that are asked over NATS.', reload: 'live' });

export type NatsAuthenticateOptions = NonNullable<z.output<typeof authenticateSchema>>;
export type NatsAuthorizeOptions = NonNullable<z.output<typeof authorizeSchema>>;
