import { z } from 'zod';

export const logSchema = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error'])
      .prefault('info')
      .meta({ description: 'Least important line that is written.', reload: 'live' }),
    format: z.enum(['auto', 'text', 'json']).prefault('auto').meta({
      description: '`auto`: text on a terminal, JSON elsewhere. Lines go to standard error.',
      reload: 'live',
    }),
  })
  .prefault({})
  .meta({ description: 'Log.', reload: 'live' });

export type LogOptions = z.output<typeof logSchema>;
