import { z } from 'zod';

export const planeSchema = z
  .strictObject({
    hotPath: z.enum(['on', 'off']).prefault('on').meta({
      description:
        'Whether messages go from link to link as the bytes that they came as, where the receiver takes them. `off` decodes every one, is slower and delivers the same.',
      reload: 'process',
    }),
  })
  .prefault({})
  .meta({ description: 'The message plane.', reload: 'process' });

export type PlaneOptions = z.output<typeof planeSchema>;
