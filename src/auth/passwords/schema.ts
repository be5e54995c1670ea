import { z } from 'zod';
import { byteSize, duration } from '../../kernel/schema.ts';

export const argon2Schema = z
  .strictObject({
    memory: byteSize
      .refine((bytes) => bytes >= 1_048_576 && bytes <= 1_073_741_824 && bytes % 1_024 === 0, {
        error: 'use 1MiB to 1GiB',
      })
      .prefault('19MiB')
      .meta({ description: 'Memory that one hash takes while it is made or checked.', reload: 'live' }),
    passes: z
      .int()
      .min(1)
      .max(20)
      .prefault(2)
      .meta({ description: 'Times that the memory is gone through.', reload: 'live' }),
    lanes: z
      .int()
      .min(1)
      .max(8)
      .prefault(1)
      .meta({ description: 'Shares of the memory that are worked on at once.', reload: 'live' }),
  })
  .prefault({})
  .meta({
    description:
      'What a guess costs whoever steals the file. The default is the least that OWASP recommends, and takes about 25 ms of a processor.',
    reload: 'live',
  });

export const passwordsSchema = z
  .strictObject({
    file: z.string().min(1).meta({
      description:
        'File with lines `user:hash`, made by `viaduct passwd add`. Hashes of mosquitto (`$7$`, `$6$`), bcrypt (`$2b$`) and of EMQX (`$emqx-sha256$`, `$emqx-pbkdf2-sha256$`) are read too. A change of the file counts at once; where a line is wrong, the users of before stay.',
      reload: 'live',
    }),
    argon2: argon2Schema,
    rehash: z.boolean().prefault(true).meta({
      description:
        'Whether a hash of another form or cost is written anew as argon2id when its user logs in. Turn it off while another program reads the file.',
      reload: 'live',
    }),
    concurrency: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .meta({
        description:
          'Passwords that are checked at the same time; the others wait. Left out: half of the processors, 2 at most. Each takes a thread of the pool that files need too (`UV_THREADPOOL_SIZE`, 4 without it), so leave two of those.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'Guesses must not take the processor from messages, nor the threads from the store.',
          client:
            'It waits for its CONNACK, at most limits.authenticationTimeout, with at most limits.connectsWaiting others.',
          metric: 'mqtt_connects_unanswered_total',
        },
      }),
    remember: duration
      .refine((ms) => ms <= 86_400_000, { error: 'use 0s to 24h' })
      .prefault('5m')
      .meta({
        description:
          'A login is not checked again for so long, as long as the line of its user stays as it is. A keyed hash of user and password is kept, never the password. 0s: every one is checked.',
        reload: 'live',
      }),
    remembered: z
      .int()
      .min(1)
      .max(1_000_000)
      .prefault(50_000)
      .meta({
        description: 'Right logins that are remembered, and as many wrong ones; beyond it the oldest is forgotten.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'A fleet that comes back at once, in some 20 MB.',
          client: 'Its password is checked again, which takes a moment longer.',
        },
      }),
  })
  .optional()
  .meta({ description: 'User names and passwords from a file.', reload: 'live' });

export type PasswordsOptions = NonNullable<z.output<typeof passwordsSchema>>;
