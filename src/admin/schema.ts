import { z } from 'zod';

export const consoleSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .prefault(true)
      .meta({ description: 'Serve the console page on listeners that accept http.', reload: 'process' }),
  })
  .prefault({})
  .meta({ description: 'The console page.', reload: 'process' });

export type ConsoleOptions = z.output<typeof consoleSchema>;
