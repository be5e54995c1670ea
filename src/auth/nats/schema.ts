import { z } from 'zod';
import { serviceFields } from '../outside/schema.ts';

const authenticateSchema = z
  .strictObject({
    subject: z
      .string()
      .regex(/^[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u, { error: 'write a subject without wildcards' })
      .refine((subject) => subject.length <= 256, { error: 'use at most 256 characters' })
      .prefault('viaduct.auth.connect')
      .meta({ description: 'Subject of the requests. No rule of the bridge may take it.', reload: 'live' }),
    ...serviceFields,
  })
  .optional()
  .meta({ description: 'A service on NATS that is asked who a client is.', reload: 'live' });

export const natsAccessSchema = z
  .strictObject({ authenticate: authenticateSchema })
  .prefault({})
  .meta({ description: 'Services that are asked over NATS.', reload: 'live' });

export type NatsAuthenticateOptions = NonNullable<z.output<typeof authenticateSchema>>;
