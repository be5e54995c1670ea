import { existsSync } from 'node:fs';
import type { BrokerInfo, CertificateFiles, NatsInfo } from '../admin/broker-info.ts';
import type { Bridge } from '../bridge/bridge.ts';
import type { NatsLink } from '../bridge/link.ts';
import type { Broker } from '../broker/broker.ts';
import type { Certificates } from '../certificates/certificates.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import type { Hub } from '../hub/hub.ts';
import type { TransportListener } from '../transport/listener.ts';
import { version } from './version.ts';

export interface BrokerInfoSources {
  readonly config: ResolvedConfig;
  readonly nodeId: string;
  readonly status: BrokerInfo['status'];
  readonly broker: Broker;
  readonly nats: NatsLink;
  readonly bridge: Pick<Bridge, 'rules'>;
  readonly hub: Hub | undefined;
  readonly listeners: readonly TransportListener[];
  readonly certificates: Pick<Certificates, 'status' | 'files'>;
}

/** What the console and the health check show of the running program. */
export function brokerInfo({
  config,
  nodeId,
  status,
  broker,
  nats,
  bridge,
  hub,
  listeners,
  certificates,
}: BrokerInfoSources): BrokerInfo {
  return {
    name: 'viaduct',
    version,
    nodeId,
    status,
    connections: broker.connections(),
    nats: natsInfo(nats, hub, config.nats.servers),
    listeners: listeners.map((listener) => {
      const { name, accept, tls, path, bind } = listener.options;
      return { name, accept, tls, path, host: bind.host, port: listener.address().port };
    }),
    certificates: certificateFiles(certificates.files()),
    rules: bridge.rules.map(({ name, topic, subject, direction }) => ({ name, topic, subject, direction })),
  };
}

function natsInfo(nats: NatsLink, hub: Hub | undefined, servers: readonly string[]): NatsInfo {
  const { status, server } = nats.state();
  const isTrying = status === 'connecting' || status === 'reconnecting';
  return {
    status: isTrying ? 'connecting' : status,
    url: hub?.url() ?? server ?? servers[0] ?? '',
    embedded: hub !== undefined,
  };
}

function certificateFiles(files: ReturnType<Certificates['files']>): CertificateFiles {
  const present = (path: string | undefined): string | undefined =>
    path !== undefined && existsSync(path) ? path : undefined;
  return {
    rootCa: present(files?.rootCa),
    chain: present(files?.caChain),
    clientCertificate: present(files?.clientDemo),
    clientKey: present(files?.clientDemoKey),
    clientPkcs12: present(files?.clientDemoP12),
  };
}
