import type { NatsLink } from '../../src/bridge/link.ts';
import { createNatsLink } from '../../src/bridge/nats/nats-link.ts';
import type { ResolvedNatsOptions } from '../../src/bridge/nats/resolved-options.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { patienceMs, patient } from './patience.ts';
import { type RecordedTelemetry, recordedTelemetry } from './recorded-telemetry.ts';

export type TestLink = NatsLink & AsyncDisposable & { readonly telemetry: RecordedTelemetry };

/** A link that has been started; it reconnects quickly. */
export async function startLink(options: Partial<ResolvedNatsOptions>): Promise<TestLink> {
  const telemetry = recordedTelemetry();
  const link = createNatsLink(
    {
      servers: [],
      login: { kind: 'none' },
      tls: undefined,
      reconnectDelayMs: 20,
      reconnectDelayMaxMs: 200,
      connectTimeoutMs: patienceMs,
      maxPendingBytes: 64 * 1_024 * 1_024,
      packetBytes: () => 1_048_576,
      maxControlLineBytes: 4_096,
      clientName: 'test',
      hasEcho: false,
      ...options,
    },
    { telemetry, clock: systemClock },
  );
  const stop = () => link.stop(AbortSignal.timeout(2_000));
  try {
    await link.start(patient());
  } catch (error) {
    await stop();
    throw error;
  }
  return Object.assign(link, { telemetry, [Symbol.asyncDispose]: stop });
}
