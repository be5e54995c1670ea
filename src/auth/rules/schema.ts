import { z } from 'zod';
import { fieldNames } from '../certificate-field.ts';
import { parseAccessRule } from './rule.ts';

const name = z.string().min(1);
const names = z.union([name, z.array(name).min(1)]);
const claimValue = z.union([z.string(), z.number(), z.boolean()]);
const action = z.enum(['publish', 'subscribe', 'receive']);
const actionsSchema = z.union([z.literal('all'), action, z.array(action).min(1)]);

const ruleSchema = z
  .strictObject({
    allow: actionsSchema.optional().meta({
      description:
        'What is allowed: `publish`, `subscribe`, `receive`, a list of them, or `all`. `receive` is asked for what a subscription brings, where a rule denies it: whoever may subscribe may receive.',
      reload: 'live',
    }),
    deny: actionsSchema
      .optional()
      .meta({ description: 'What is denied, written as `allow`. A rule has one of the two.', reload: 'live' }),
    topics: z.array(name).min(1).optional().meta({
      description:
        'Topic filters of which one has to match; a subscription is allowed where all that its filter can match is. `%u` is the user name, `%c` the client id, `${cert.cn}` a field of the certificate, `${claim.x}` a claim, `{x}` what `user` or `clientId` captured, `%%` a percent sign. A value with `/`, `+`, `#` or control characters allows nothing. Left out: every topic but those that begin with `$`.',
      reload: 'live',
    }),
    user: names.optional().meta({
      description: 'User names, also with captures: `pump-{site}-{number}`. Left out: any, as everywhere here.',
      reload: 'live',
    }),
    group: names.optional().meta({
      description: 'Groups of `access.groups`, or such as whoever vouches for the client puts it in.',
      reload: 'live',
    }),
    clientId: names.optional().meta({ description: 'Client ids, also with captures.', reload: 'live' }),
    certificate: z
      .partialRecord(z.enum(fieldNames), names)
      .optional()
      .meta({
        description: `Values that the client's certificate has, by field: ${fieldNames.map((field) => `\`${field}\``).join(', ')}. All that are given have to fit.`,
        reload: 'live',
      }),
    claim: z
      .record(z.string(), z.union([claimValue, z.array(claimValue).min(1)]))
      .optional()
      .meta({
        description: 'Claims by their names, with the values of which the client has to have one.',
        reload: 'live',
      }),
    listener: names.optional().meta({
      description:
        'Names of listeners; `nats` stands for the bridge, `hub` for NATS clients of the embedded hub, who have only the rules that name it.',
      reload: 'live',
    }),
    address: names.optional().meta({
      description: 'Addresses of clients, or ranges such as `10.0.0.0/8`.',
      reload: 'live',
    }),
    qos: z
      .array(z.union([z.literal(0), z.literal(1), z.literal(2)]))
      .min(1)
      .optional()
      .meta({ description: 'QoS of a message that is published.', reload: 'live' }),
    retain: z
      .boolean()
      .optional()
      .meta({ description: 'Whether a message that is published is to be retained.', reload: 'live' }),
  })
  .superRefine((options, context) => {
    const rule = parseAccessRule(options, 0);
    if ('message' in rule) context.addIssue({ code: 'custom', path: [...rule.path], message: rule.message });
  });

export const rulesSchema = z.array(ruleSchema).prefault([]).meta({
  description:
    'Who may do what: the first rule that fits decides, and where none does it is denied. Without any rule everybody may do everything but what is for the broker itself.',
  reload: 'live',
});

export const groupsSchema = z
  .record(z.string().min(1), z.array(z.string().min(1)))
  .prefault({})
  .meta({ description: 'Groups for `access.rules`, by name, with the user names in each.', reload: 'live' });

export const deniedSchema = z
  .strictObject({
    before5: z.enum(['drop', 'disconnect']).prefault('disconnect').meta({
      description:
        'What becomes of a message that a client may not publish, before MQTT 5, which can say so: `disconnect` closes the connection, `drop` acknowledges the message as if it was taken. A subscription is refused in SUBACK in all versions.',
      reload: 'live',
    }),
    subscription: z.enum(['not-authorized', 'unspecified-error']).prefault('not-authorized').meta({
      description:
        'What an MQTT 5 client reads in SUBACK for a subscription that it may not have: `not-authorized`, 0x87, or `unspecified-error`, 0x80 as in MQTT 3.1.1, which gives away nothing of why.',
      reload: 'live',
    }),
  })
  .prefault({})
  .meta({ description: 'What becomes of clients that do what they may not.', reload: 'live' });
