import { startNatsServer } from '../support/nats-server.ts';

/** What a case needs set otherwise than by default. */
export interface NatsLimits {
  readonly maxPayloadBytes?: number;
  readonly maxConnections?: number;
  readonly maxSubscriptionsPerClient?: number;
  readonly maxPendingBytes?: number;
  readonly pingIntervalMs?: number;
}

export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

export type StartNats = (limits?: NatsLimits) => Promise<NatsServer>;

/** Starts Debian's nats-server on a free port. */
export const startNatsProcess = (limits: NatsLimits = {}): Promise<NatsServer> =>
  startNatsServer({ config: settings(limits) });

function settings(limits: NatsLimits): string {
  const lines: string[] = [];
  if (limits.maxPayloadBytes !== undefined) lines.push(`max_payload: ${limits.maxPayloadBytes}`);
  if (limits.maxConnections !== undefined) lines.push(`max_connections: ${limits.maxConnections}`);
  if (limits.maxSubscriptionsPerClient !== undefined)
    lines.push(`max_subscriptions: ${limits.maxSubscriptionsPerClient}`);
  if (limits.maxPendingBytes !== undefined)
    lines.push(`max_pending: ${limits.maxPendingBytes}`, 'write_deadline: "1s"');
  if (limits.pingIntervalMs !== undefined) lines.push(`ping_interval: "${limits.pingIntervalMs}ms"`, 'ping_max: 2');
  return lines.join('\n');
}
