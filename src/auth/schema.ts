import { z } from 'zod';
import { bansSchema } from './bans/schema.ts';
import { certificateIdentity } from './certificate-identity.ts';
import { failuresSchema } from './failures/schema.ts';
import { httpAccessSchema } from './http/schema.ts';
import { natsAccessSchema } from './nats/schema.ts';
import { passwordsSchema } from './passwords/schema.ts';
import { deniedSchema, groupsSchema, rulesSchema } from './rules/schema.ts';
import { unsafeCharacter } from './template.ts';
import { jwtSchema } from './tokens/schema.ts';

const certificateSchema = z
  .strictObject({
    principal: z.string().prefault('{cn}').meta({
      description:
        'User name of a client with a certificate, as a template of `{cn}`, `{o}`, `{ou}`, `{san.dns}`, `{san.email}`, `{san.uri}`, `{serial}`, `{fingerprint}` and `{issuer}`. A certificate without the value is refused, and so is one with several, unless the field says `:first`. Control characters, `/`, `+` and `#` are refused; `:escaped` writes the last three as `%2F`, `%2B` and `%23`.',
      reload: 'live',
    }),
    bind: z.enum(['any', 'equal', 'prefix', 'pattern']).prefault('any').meta({
      description:
        'Which client ids a certificate may use: `any`, or only those that fit `clientId`. `equal`: that one. `prefix`: that one, and those that go on with `separator`. `pattern`: those where one `*` in it stands for anything.',
      reload: 'live',
    }),
    clientId: z.string().prefault('{cn}').meta({
      description: 'Template that the client id is held to, written as `principal`; not used with `bind: any`.',
      reload: 'live',
    }),
    separator: z
      .string()
      .length(1, { error: 'give one character' })
      .refine((text) => unsafeCharacter(text) === undefined && text !== '*', {
        error: 'give a character other than / + # * and control characters',
      })
      .prefault(':')
      .meta({
        description:
          'Character between the rendered `clientId` and the rest with `bind: prefix`. A certificate that has it in its value is refused, so that no device gets the client ids of another.',
        reload: 'live',
      }),
  })
  .superRefine((options, context) => {
    const identity = certificateIdentity(options);
    if (typeof identity !== 'function')
      context.addIssue({ code: 'custom', path: [identity.field], message: identity.message });
  })
  .prefault({})
  .meta({ description: 'Who a client is that showed a certificate.', reload: 'live' });

export const accessSchema = z
  .strictObject({
    anonymous: z
      .union([z.enum(['loopback', 'never']), z.array(z.string().min(1))])
      .prefault('loopback')
      .meta({
        description:
          'Where clients without an identity may connect: `loopback` for listeners bound to this machine only, `never`, or the names of listeners. On a two-way listener the certificate is the identity.',
        reload: 'live',
      }),
    uncheckedPasswords: z.enum(['ignore', 'refuse']).prefault('ignore').meta({
      description:
        'What becomes of a client that sends a password where nobody checks passwords: `ignore` lets it in as it would be without, says so in the log once for each listener and counts it; `refuse` tells it that its user name or password is wrong.',
      reload: 'live',
    }),
    certificate: certificateSchema,
    passwords: passwordsSchema,
    jwt: jwtSchema,
    http: httpAccessSchema,
    nats: natsAccessSchema,
    groups: groupsSchema,
    rules: rulesSchema,
    denied: deniedSchema,
    bans: bansSchema,
    failures: failuresSchema,
  })
  .prefault({})
  .meta({ description: 'Who may connect, and do what.', reload: 'live' });

export type AccessOptions = z.output<typeof accessSchema>;
