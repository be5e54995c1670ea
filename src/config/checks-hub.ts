import { type AskingListener, checkAuthentication, unreachedProviders } from '../auth/check-authentication.ts';
import { formatSocketAddress, isLoopback } from '../kernel/address.ts';
import type { Finding } from './messages.ts';
import type { Config } from './schema.ts';

const path = ['nats', 'hub'];
const place = (): Finding['path'] => path;

/** The hub as a listener, where it runs and asks who comes. */
function listenerOf({ servers, hub }: Config['nats']): AskingListener[] {
  return servers.length > 0 || hub.authentication === undefined ? [] : [{ ...hub, name: 'nats.hub' }];
}

export const hasHubUsers = (nats: Config['nats']): boolean => listenerOf(nats).length > 0;

/** Providers that the hub cannot ask. */
export const checkHub = ({ access, nats }: Partial<Config>): Finding[] =>
  access === undefined || nats === undefined ? [] : [...checkAuthentication(listenerOf(nats), access, place)];

/** What can run, and is hardly what somebody wants. */
export function hubWarnings({ access, nats }: Config): Finding[] {
  const { servers, hub } = nats;
  if (servers.length > 0) return [];
  const findings: Finding[] = [...unreachedProviders(listenerOf(nats), access, place)];
  if (isLoopback(hub.bind.host)) return findings;
  const where = `${formatSocketAddress(hub.bind)} is reached from other machines`;
  if (hub.authentication === undefined)
    findings.push({
      path: [...path, 'bind'],
      message: `${where}, and whoever comes from there may publish and read everything that NATS clients may, past all rules of MQTT; set nats.hub.authentication`,
    });
  else if (hub.tls === 'off')
    findings.push({
      path: [...path, 'tls'],
      message: `${where}, and what NATS clients send, their passwords among it, goes there in the clear; use one-way or two-way`,
    });
  return findings;
}
