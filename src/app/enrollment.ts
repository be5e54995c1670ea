import type { MessagePort } from '../broker/ports.ts';
import { createEnrollment } from '../enrollment/enroll.ts';
import { estHandler } from '../enrollment/est.ts';
import { estRoutes } from '../enrollment/est-routes.ts';
import { mqttEnrollment } from '../enrollment/mqtt.ts';
import type { EnrollmentOptions } from '../enrollment/schema.ts';
import { tokenFile } from '../enrollment/token-file.ts';
import type { Route } from '../http/router/route.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { Telemetry } from '../kernel/telemetry-ports.ts';
import type { CaFolder } from '../pki/folder/ca-folder.ts';

export interface AppEnrollmentDeps {
  readonly folder: CaFolder;
  readonly broker: Pick<MessagePort, 'tap' | 'publish'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** How devices get certificates: over https, and over MQTT. Without `enabled` neither. */
export function appEnrollment(
  options: EnrollmentOptions,
  { folder, broker, clock, telemetry }: AppEnrollmentDeps,
): { readonly routes: readonly Route[]; readonly parts: readonly Component[] } {
  if (!options.enabled) return { routes: [], parts: [] };
  const tokens = tokenFile(folder.options.directory, folder.options.now);
  const enrollment = createEnrollment(options, { folder, tokens, clock, telemetry });
  return {
    routes: estRoutes(estHandler({ enrollment, events: telemetry.events })),
    parts: options.mqtt ? [mqttEnrollment({ broker, enrollment, telemetry })] : [],
  };
}
