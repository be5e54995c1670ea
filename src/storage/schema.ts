import { z } from 'zod';

export const storeSchema = z
  .strictObject({
    type: z
      .literal('memory', {
        error: 'only "memory" is built so far: sessions and retained messages live until the process ends',
      })
      .prefault('memory')
      .meta({ description: 'Where sessions, queued and retained messages are kept.', reload: 'process' }),
    queuedMessages: z.int().min(1).max(10_000_000).prefault(10_000).meta({
      description: 'Messages queued for one client that is away; beyond it the oldest is dropped.',
      reload: 'process',
    }),
    retainedMessages: z.int().min(1).max(100_000_000).prefault(1_000_000).meta({
      description: 'Topics with a retained message; beyond it a new topic is not retained.',
      reload: 'process',
    }),
  })
  .prefault({})
  .meta({ description: 'Storage.', reload: 'process' });

export type StoreOptions = z.output<typeof storeSchema>;
