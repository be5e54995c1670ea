import { z } from 'zod';

export const consoleSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .prefault(true)
      .meta({ description: 'Serve the console page on listeners that accept http.', reload: 'live' }),
  })
  .prefault({})
  .meta({ description: 'The console page.', reload: 'live' });

export type ConsoleOptions = z.output<typeof consoleSchema>;
