import type { NatsOptions } from '../bridge/nats/schema.ts';
import { formatDuration } from '../kernel/duration.ts';
import type { Finding } from './messages.ts';
import { listed } from './shape.ts';

/** What must hold between the settings of the NATS connection, beside what their own schema says. */
export function checkNats(nats: NatsOptions): Finding[] {
  return [...checkLogin(nats), ...checkServers(nats), ...checkDelays(nats)];
}

function checkLogin(nats: NatsOptions): Finding[] {
  const findings: Finding[] = [];
  if (nats.user !== undefined && nats.password === undefined)
    findings.push({
      path: ['nats', 'user'],
      message: 'a user needs nats.password, as { file: PATH } or { env: NAME }',
    });
  const useless = (['user', 'token', 'nkey', 'creds', 'tls'] as const).filter((name) => nats[name] !== undefined);
  if (nats.servers.length === 0 && useless.length > 0)
    findings.push({
      path: ['nats', useless[0]!],
      message: `is for a NATS server, but nats.servers is empty; name the server there or remove ${listed(useless)}`,
    });
  return findings;
}

function checkServers({ servers }: NatsOptions): Finding[] {
  return servers.flatMap((server, index) => {
    if (URL.canParse(server) && new URL(server).hostname !== '') return [];
    const message = 'is not a URL that names a host and a port up to 65535; write nats://host:port';
    return [{ path: ['nats', 'servers', index], message }];
  });
}

function checkDelays({ reconnectDelay, reconnectDelayMax }: NatsOptions): Finding[] {
  if (reconnectDelay <= reconnectDelayMax) return [];
  const message = `${formatDuration(reconnectDelay)} is longer than nats.reconnectDelayMax (${formatDuration(reconnectDelayMax)}); lower it or raise the other`;
  return [{ path: ['nats', 'reconnectDelay'], message }];
}
