import { z } from 'zod';

export const accessSchema = z
  .strictObject({
    anonymous: z
      .union([z.enum(['loopback', 'never']), z.array(z.string().min(1))])
      .prefault('loopback')
      .meta({
        description:
          'Where clients without an identity may connect: `loopback` for listeners bound to this machine only, `never`, or the names of listeners. On a two-way listener the certificate is the identity.',
        reload: 'process',
      }),
  })
  .prefault({})
  .meta({ description: 'Who may connect.', reload: 'process' });

export type AccessOptions = z.output<typeof accessSchema>;
