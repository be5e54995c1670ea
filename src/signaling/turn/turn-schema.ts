import { z } from 'zod';
import { duration, secretReference } from '../../kernel/schema.ts';
import { turnUriProblem } from './turn-uri.ts';

const turnUri = z
  .string()
  .max(512)
  .superRefine((text, context) => {
    const message = turnUriProblem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message, input: text });
  });

const turnSecretSchema = z
  .strictObject({
    secret: secretReference.meta({
      description: 'What coturn has as `static-auth-secret`, 16 characters at least.',
      reload: 'live',
      secret: true,
    }),
    from: z.iso.datetime({ offset: true, error: 'give a time such as 2027-01-31T12:00:00Z' }).optional().meta({
      description:
        'When it begins to sign, on all nodes at once: give coturn both secrets before, and take the old one away `lifetime` later. Left out: it signs until another begins.',
      reload: 'live',
    }),
  })
  .meta({ description: 'One secret that is shared with coturn.', reload: 'live' });

const perMinute = z.int().min(1).max(1_000_000);

export const turnSchema = z
  .strictObject({
    uris: z.array(turnUri).min(1).max(32).meta({
      description:
        'Where the TURN servers are, as clients are told: `turn:turn.example.com:3478?transport=udp`, `turns:…` for TLS, `stun:…` (RFC 7064, RFC 7065).',
      reload: 'live',
    }),
    secrets: z
      .array(turnSecretSchema)
      .min(1)
      .max(2, { error: 'give one secret, or two while one follows the other' })
      .refine((secrets) => secrets.filter(({ from }) => from === undefined).length < 2, {
        error: 'give one of the two secrets a time from which it signs, as from: 2027-01-31T12:00:00Z',
      })
      .meta({
        description: 'Secrets that are shared with coturn. The one whose `from` came last signs.',
        reload: 'live',
      }),
    keys: z.array(secretReference).min(1).max(16).meta({
      description:
        'Who shows one of them as `key` gets credentials for whomever it names: for your own server and for Janus, not for pages. 16 characters at least.',
      reload: 'live',
      secret: true,
    }),
    lifetime: duration
      .refine((ms) => ms >= 60_000 && ms <= 604_800_000, { error: 'use 1m to 7d' })
      .prefault('1h')
      .meta({
        description:
          'How long credentials let a client begin to relay. What began goes on: an hour is enough for a call to be set up and for a network to change, and what is stolen is of use for an hour.',
        reload: 'live',
      }),
    requestsPerMinute: perMinute.prefault(600).meta({
      description:
        'Requests from one address, or one IPv6 network of /64, that are looked at in a minute, and at once.',
      reload: 'live',
      limit: {
        bounds: 'address',
        why: 'Ten calls a second of a server that asks for all its users; checking the key and signing take less than 10 microseconds.',
        client: '429 with Retry-After.',
        metric: 'turn_credentials_total{result="limited"}',
      },
    }),
    wrongKeysPerMinute: perMinute.prefault(10).meta({
      description:
        'Wrong keys from one address that are answered as such in a minute. A right key is taken all the same.',
      reload: 'live',
      limit: {
        bounds: 'address',
        why: 'Keys are long, so that guessing leads nowhere; this bounds the lines that it writes to the log.',
        client: '429 with Retry-After.',
        metric: 'turn_credentials_total{result="limited"}',
      },
    }),
  })
  .optional()
  .meta({
    description: 'Credentials for TURN servers, which relay calls that find no direct way. Left out: nobody gets any.',
    reload: 'live',
  });

export type TurnOptions = NonNullable<z.output<typeof turnSchema>>;
