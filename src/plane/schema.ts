import { z } from 'zod';

export const planeSchema = z
  .strictObject({
    hotPath: z.enum(['on', 'off']).prefault('on').meta({
      description:
        'Whether messages that need no storage go from link to link without the engine. `off` is slower and delivers the same.',
      reload: 'process',
    }),
  })
  .prefault({})
  .meta({ description: 'The message plane.', reload: 'process' });

export type PlaneOptions = z.output<typeof planeSchema>;
