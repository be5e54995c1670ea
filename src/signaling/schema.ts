import { z } from 'zod';
import { turnSchema } from './turn/turn-schema.ts';

export const signalingSchema = z
  .strictObject({ turn: turnSchema })
  .prefault({})
  .meta({ description: 'What calls between browsers and devices need beside messages.', reload: 'live' });

export type SignalingOptions = z.output<typeof signalingSchema>;
