import { z } from 'zod';
import { messageOf } from '../../kernel/errors.ts';
import { network } from '../../kernel/schema.ts';
import type { TextFile } from '../../kernel/text-file.ts';

const name = z.string().min(1).max(65_535).optional();

const certificate = z
  .union([
    z.string().regex(/^[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31}$/, {
      error: 'give the SHA-256 fingerprint, 64 hexadecimal digits, or { serial, issuer }',
    }),
    z.strictObject({
      serial: z.string().regex(/^[0-9a-fA-F:]+$/, { error: 'give hexadecimal digits' }),
      issuer: z.string().min(1),
    }),
  ])
  .optional();

const whom = ['clientId', 'user', 'address', 'certificate'] as const;

const banSchema = z
  .strictObject({
    clientId: name.meta({ description: 'A client id.', reload: 'live' }),
    user: name.meta({
      description: 'A user name, as whoever knows the client tells it, and as it stands in CONNECT.',
      reload: 'live',
    }),
    address: network.optional().meta({
      description:
        'An address or a network, `192.0.2.7` or `10.0.0.0/8`: no connection of it is taken, on no listener, whatever it speaks.',
      reload: 'live',
    }),
    certificate: certificate.meta({
      description:
        'A client certificate: its SHA-256 fingerprint, or `{ serial, issuer }` as `viaduct pki list` and the log show them.',
      reload: 'live',
    }),
    until: z.iso
      .datetime({ offset: true, error: 'give a time such as 2027-01-31T12:00:00Z' })
      .optional()
      .meta({ description: 'When it ends. Left out: never.', reload: 'live' }),
    reason: z
      .string()
      .max(200)
      .optional()
      .meta({ description: 'For the log and for `viaduct ban list`.', reload: 'live' }),
  })
  .refine((ban) => whom.filter((key) => ban[key] !== undefined).length === 1, {
    error: 'name one of clientId, user, address and certificate',
  });

export type Ban = z.output<typeof banSchema>;

const listSchema = z.array(banSchema).max(10_000);

export const banFile = (path: string): TextFile => ({ path, maxBytes: 4_194_304, what: 'a file of bans' });

/** @param text of a file of bans; an empty one has none @returns the bans, or what is wrong, as it goes on after the file's name */
export function readBans(text: string): readonly Ban[] | string {
  if (text.trim() === '') return [];
  const found = listIn(text);
  return typeof found === 'string' ? `is no list of bans: ${found}; write it with viaduct ban add` : found;
}

function listIn(text: string): readonly Ban[] | string {
  try {
    const parsed = listSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : firstOf(parsed.error);
  } catch (cause) {
    return messageOf(cause); // where and why it is no JSON
  }
}

/** @returns the ban, or the sentence that says what is wrong */
export function parseBan(value: unknown): Ban | string {
  const parsed = banSchema.safeParse(value);
  return parsed.success ? parsed.data : firstOf(parsed.error);
}

function firstOf({ issues: [first] }: z.ZodError): string {
  return [first?.path.join('.'), first?.message].filter((part) => part !== '').join(': ');
}

export const bansSchema = z
  .strictObject({
    list: listSchema.prefault([]).meta({ description: 'Who may not connect.', reload: 'live' }),
    file: z.string().min(1).optional().meta({
      description:
        'File with more of them, which `viaduct ban add` and `viaduct ban remove` change. A change counts at once; where it cannot be read, the bans of before stay. It need not be there.',
      reload: 'live',
    }),
  })
  .prefault({})
  .meta({
    description:
      'Who may not connect, whoever vouches for it. Who is connected is disconnected, and its session stays.',
    reload: 'live',
  });

export type BansOptions = z.output<typeof bansSchema>;
