import { z } from 'zod';
import { metricsSchema } from '../admin/metrics-schema.ts';
import { consoleSchema } from '../admin/schema.ts';
import { reloadSchema } from '../app/schema.ts';
import { accessSchema } from '../auth/schema.ts';
import { natsSchema } from '../bridge/nats/schema.ts';
import { bridgeSchema } from '../bridge/schema.ts';
import { limitsSchema } from '../broker/schema.ts';
import { enrollmentSchema } from '../enrollment/schema.ts';
import { hubSchema } from '../hub/schema.ts';
import { certificatesSchema } from '../pki/schema.ts';
import { planeSchema } from '../plane/schema.ts';
import { signalingSchema } from '../signaling/schema.ts';
import { storeSchema } from '../storage/schema.ts';
import { auditSchema } from '../telemetry/audit-schema.ts';
import { logSchema } from '../telemetry/schema.ts';
import { listenersSchema } from '../transport/schema.ts';

/** The whole configuration. Each module owns its part; this file only puts them together. */
export const configSchema = z.strictObject({
  node: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'use letters, digits, hyphen and underscore, at most 64' })
    .optional()
    .meta({
      description: 'Id of this node, unique among the nodes on one NATS. Left out: a new random one at every start.',
      reload: 'process',
    }),
  listeners: listenersSchema,
  certificates: certificatesSchema,
  enrollment: enrollmentSchema,
  access: accessSchema,
  limits: limitsSchema,
  nats: natsSchema.safeExtend({ hub: hubSchema }).prefault({}).meta({ description: 'NATS.', reload: 'process' }),
  bridge: bridgeSchema,
  store: storeSchema,
  plane: planeSchema,
  signaling: signalingSchema,
  console: consoleSchema,
  metrics: metricsSchema,
  log: logSchema,
  audit: auditSchema,
  reload: reloadSchema,
});

export type Config = z.output<typeof configSchema>;
