import { z } from 'zod';
import { byteSize, duration, secretReference } from '../../kernel/schema.ts';
import { algorithms } from './algorithms.ts';

const names = z.array(z.string().min(1)).min(1);

const keySetSchema = z
  .strictObject({
    url: z
      .string()
      .regex(/^https?:\/\/[^\s@]+$/, { error: 'write https://host/path; credentials do not stand in the URL' })
      .meta({ description: 'Where the key set (RFC 7517) is.', reload: 'live' }),
    ca: z.string().min(1).optional().meta({
      description: 'PEM file of the trust anchors of that server. Left out: those that Node has.',
      reload: 'live',
    }),
    maxAge: duration
      .refine((ms) => ms >= 1_000 && ms <= 86_400_000, { error: 'use 1s to 1d' })
      .prefault('10m')
      .meta({
        description: 'A set that is older is fetched again with the next token; until it is there, the old one counts.',
        reload: 'live',
      }),
    outage: duration
      .refine((ms) => ms <= 604_800_000, { error: 'use at most 7d' })
      .prefault('1h')
      .meta({
        description:
          'Keys count for so long beyond `maxAge` while the set cannot be fetched; then tokens are refused until it can.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'Devices get in while the server of the keys restarts; a key that was taken back counts no longer than this.',
          client: 'CONNACK 0x88 in MQTT 5, return code 3 before; it may try again.',
          metric: 'auth_key_sets_unavailable_total',
        },
      }),
    coolDown: duration
      .refine((ms) => ms >= 1_000 && ms <= 3_600_000, { error: 'use 1s to 1h' })
      .prefault('10s')
      .meta({
        description:
          'Between two requests for the set: a token with a key that it does not have asks for it no sooner.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'Made-up key ids must not become as many requests; a new key is known soon enough.',
          client: 'A token with an unknown key is refused: CONNACK 0x86, return code 4 before MQTT 5.',
          metric: 'auth_tokens_total{outcome="unknown-key"}',
        },
      }),
    timeout: duration
      .refine((ms) => ms >= 100 && ms <= 60_000, { error: 'use 100ms to 1m' })
      .prefault('3s')
      .meta({
        description: 'A request for the set that takes longer is given up.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'Shorter than limits.authenticationTimeout, so that the log says who did not answer.',
          client: 'CONNACK 0x88 in MQTT 5, return code 3 before, while there are no keys.',
          metric: 'auth_key_sets_unavailable_total',
        },
      }),
    size: byteSize
      .refine((bytes) => bytes >= 1_024 && bytes <= 16_777_216, { error: 'use 1KiB to 16MiB' })
      .prefault('256KiB')
      .meta({
        description: 'Largest key set; of a larger one nothing is taken.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'A hundred keys with their certificates.',
          client: 'As without a set.',
          metric: 'auth_key_sets_unavailable_total',
        },
      }),
  })
  .optional()
  .meta({ description: 'Keys behind a URL, as identity providers have them.', reload: 'live' });

export const jwtSchema = z
  .strictObject({
    algorithms: z.array(z.enum(algorithms)).min(1).meta({
      description:
        'What tokens may be signed with; all else is refused, whatever a token says of itself. HS* need `secret`, the others `publicKeys` or `keySet`.',
      reload: 'live',
    }),
    secret: secretReference.optional().meta({
      description:
        'What tokens with HS256, HS384 and HS512 are signed with, by file or environment variable: 32, 48 or 64 bytes at least.',
      reload: 'live',
      secret: true,
    }),
    secretEncoding: z
      .enum(['text', 'base64'])
      .prefault('text')
      .meta({ description: 'How `secret` is written.', reload: 'live' }),
    publicKeys: z.array(z.string().min(1)).max(16).prefault([]).meta({
      description: 'PEM files of public keys or certificates; each may have several. They are read again at a reload.',
      reload: 'live',
    }),
    keySet: keySetSchema,
    issuer: names.optional().meta({
      description: 'Who may have issued a token (`iss`). Left out: anybody with a key.',
      reload: 'live',
    }),
    audience: names.optional().meta({
      description:
        'Whom a token must be for (`aud`), one of these. Left out: a token that is for somebody (RFC 7519 4.1.3) is refused.',
      reload: 'live',
    }),
    clockSkew: duration
      .refine((ms) => ms <= 300_000, { error: 'use at most 5m' })
      .prefault('5s')
      .meta({ description: 'How far the clocks of issuer and broker may differ.', reload: 'live' }),
    from: z.enum(['password', 'username']).prefault('password').meta({
      description: 'Which field of CONNECT has the token. What is no token there is left to the next provider.',
      reload: 'live',
    }),
    size: byteSize
      .refine((bytes) => bytes >= 256 && bytes <= 65_535, { error: 'use 256B to 65535B' })
      .prefault('8KiB')
      .meta({
        description: 'Longest token.',
        reload: 'live',
        limit: {
          bounds: 'connection',
          why: 'Tokens with many groups have some kilobytes; what they say is kept while the client is connected.',
          client: 'CONNACK 0x86, return code 4 before MQTT 5.',
          metric: 'auth_tokens_total{outcome="oversize"}',
        },
      }),
    lasting: z.enum(['refuse', 'accept']).prefault('refuse').meta({
      description:
        'What becomes of a token without an end (`exp`). One with an end takes its connection with it: DISCONNECT 0x87.',
      reload: 'live',
    }),
    principal: z
      .string()
      .min(1)
      .prefault('sub')
      .meta({ description: 'Claim that is the user name; `a.b` is b in a.', reload: 'live' }),
    groups: z.string().min(1).prefault('groups').meta({
      description:
        'Claim with the groups of the client, a list of words or words between spaces; `a.b` is b in a, as in `realm_access.roles`.',
      reload: 'live',
    }),
    claims: z.record(z.string(), z.string()).prefault({}).meta({
      description:
        'Claims that a token must have, with this value; `%c` is the client id and `%u` the user name of CONNECT. Of a list one must fit.',
      reload: 'live',
    }),
  })
  .superRefine((options, context) => {
    const hasSymmetric = options.algorithms.some((name) => name.startsWith('HS'));
    const hasOthers = options.algorithms.some((name) => !name.startsWith('HS'));
    const hasKeys = options.publicKeys.length > 0 || options.keySet !== undefined;
    const issue = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (hasSymmetric && options.secret === undefined)
      issue('algorithms', 'HS256, HS384 and HS512 need access.jwt.secret; give it, or leave them out');
    if (hasOthers && !hasKeys)
      issue('algorithms', 'all but HS256, HS384 and HS512 need access.jwt.publicKeys or access.jwt.keySet');
    if (!hasSymmetric && options.secret !== undefined)
      issue('secret', 'is for HS256, HS384 and HS512, of which access.jwt.algorithms has none');
    if (!hasOthers && hasKeys)
      issue(
        options.keySet === undefined ? 'publicKeys' : 'keySet',
        'is for algorithms with a key pair, of which access.jwt.algorithms has none',
      );
  })
  .optional()
  .meta({ description: 'Tokens (JSON Web Tokens, RFC 7519) as an identity.', reload: 'live' });

export type JwtOptions = NonNullable<z.output<typeof jwtSchema>>;
export type KeySetOptions = NonNullable<JwtOptions['keySet']>;
