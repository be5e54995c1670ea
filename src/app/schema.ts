import { z } from 'zod';

export const reloadSchema = z
  .strictObject({
    watch: z.boolean().prefault(true).meta({
      description:
        'Take over a changed configuration file by itself, within a second where the file system tells of changes and half a minute elsewhere. Without it the file is read at SIGHUP.',
      reload: 'live',
    }),
  })
  .prefault({})
  .meta({ description: 'How a changed configuration is taken over.', reload: 'live' });
