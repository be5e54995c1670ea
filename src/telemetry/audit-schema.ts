import { z } from 'zod';
import { byteSize } from '../kernel/schema.ts';

export const auditSchema = z
  .strictObject({
    file: z.string().min(1).optional().meta({
      description:
        'File that gets a JSON line for each security event: who came in, who was refused and why, what was denied, revoked, issued and reloaded. Mode 0600; what is there is kept, and a file that was moved away is begun anew. Left out: these lines stand in the log only.',
      reload: 'live',
    }),
    size: byteSize
      .refine((bytes) => bytes >= 4_096, { error: 'use at least 4KiB' })
      .prefault('64MiB')
      .meta({
        description: 'Largest audit file; it is then put aside as `FILE.1`, in place of the one before.',
        reload: 'live',
        limit: {
          bounds: 'node',
          why: 'Some 200,000 lines, and twice that with the file put aside: a flood of refusals must not fill the disk.',
          client: 'Nothing: the oldest lines go.',
        },
      }),
  })
  .prefault({})
  .meta({ description: 'Audit log.', reload: 'live' });

export type AuditOptions = z.output<typeof auditSchema>;
