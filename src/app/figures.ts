import { createSysTopics, type SysTopics } from '../admin/sys-topics.ts';
import type { Store } from '../broker/store-port.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import type { Clock } from '../kernel/clock.ts';
import type { AppTelemetry } from '../telemetry/telemetry.ts';
import { type GaugeSources, registerGauges } from './gauges.ts';
import { version } from './version.ts';

export interface FiguresDeps extends GaugeSources {
  readonly store: Pick<Store, 'stats'>;
  readonly telemetry: AppTelemetry;
  readonly clock: Clock;
}

/** What the broker has and has done: for Prometheus, and in the topics that programs for mosquitto read. */
export function createFigures({ metrics }: Pick<ResolvedConfig, 'metrics'>, deps: FiguresDeps): SysTopics {
  const { broker, plane, store, telemetry, clock } = deps;
  registerGauges(telemetry, deps);
  const startMs = clock.monotonic();
  let mostHeap = 0;
  const read = (): Record<string, string | number> => {
    const { sessions, queuedMessages, queuedBytes, retainedMessages, retainedBytes } = store.stats();
    const { traffic } = broker;
    const away = Math.max(0, sessions - traffic.sessions);
    const heap = process.memoryUsage().heapUsed;
    mostHeap = Math.max(mostHeap, heap);
    return {
      version: `viaduct version ${version}`,
      uptime: `${Math.floor((clock.monotonic() - startMs) / 1_000)} seconds`,
      'clients/connected': traffic.clients,
      'clients/disconnected': away,
      'clients/total': traffic.clients + away,
      'clients/maximum': traffic.mostClients,
      'clients/expired': telemetry.count('sessions_expired_total'),
      'bytes/received': traffic.bytesReceived,
      'bytes/sent': traffic.bytesSent,
      'messages/received': traffic.packetsReceived,
      'messages/sent': traffic.packetsSent,
      'publish/messages/received': traffic.messagesReceived,
      'publish/messages/sent': traffic.messagesSent,
      'publish/messages/dropped': traffic.messagesSkipped,
      'publish/bytes/received': traffic.messageBytesReceived,
      'publish/bytes/sent': traffic.messageBytesSent,
      'retained messages/count': retainedMessages,
      'store/messages/count': queuedMessages + retainedMessages,
      'store/messages/bytes': queuedBytes + retainedBytes,
      'subscriptions/count': plane.subscriptions,
      'heap/current': heap,
      'heap/maximum': mostHeap,
    };
  };
  return createSysTopics(metrics.sysTopics, { broker, read, clock });
}
