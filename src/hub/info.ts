import type { SocketAddress } from '../kernel/address.ts';

/** The nats-server whose protocol the hub speaks; clients read features off the version. */
const protocolVersion = '2.9.10';

export interface InfoFacts {
  readonly serverId: string;
  readonly serverName: string;
  /** Version of the program. */
  readonly version: string;
  readonly bound: SocketAddress;
  readonly maxPayload: number;
  readonly clientId: number;
  readonly clientIp: string;
  readonly asks: { readonly login: boolean; readonly tls: 'off' | 'one-way' | 'two-way' };
  /** The hub is stopping: clients should look for another server. */
  readonly isLeaving: boolean;
}

/** The INFO that a client is greeted with. */
export function infoLine(facts: InfoFacts): string {
  const json = JSON.stringify({
    server_id: facts.serverId,
    server_name: facts.serverName,
    version: `${protocolVersion}-viaduct.${facts.version}`,
    proto: 1,
    go: 'node',
    host: facts.bound.host,
    port: facts.bound.port,
    headers: true,
    ...(facts.asks.login ? { auth_required: true } : {}),
    ...(facts.asks.tls === 'off' ? {} : { tls_required: true }),
    ...(facts.asks.tls === 'two-way' ? { tls_verify: true } : {}),
    max_payload: facts.maxPayload,
    jetstream: false,
    client_id: facts.clientId,
    client_ip: facts.clientIp,
    ...(facts.isLeaving ? { ldm: true } : {}),
  });
  return `INFO ${json} \r\n`;
}
