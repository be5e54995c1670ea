import { type Bridge, createBridge } from '../bridge/bridge.ts';
import type { NatsLink } from '../bridge/link.ts';
import { createNatsLink } from '../bridge/nats/nats-link.ts';
import { resolveNatsOptions } from '../bridge/nats/resolved-options.ts';
import type { MessagePort } from '../broker/ports.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import { createHub, type Hub } from '../hub/hub.ts';
import type { Component } from '../kernel/lifecycle.ts';
import type { DiskOutbox } from '../storage/outbox/disk-outbox.ts';
import { createOutbox, type StoreContext } from './store.ts';
import { version } from './version.ts';

export interface NatsSideDeps extends StoreContext {
  readonly broker: MessagePort;
  /** Largest packet of a client now. */
  readonly packetBytes: () => number;
}

/** What stands between the broker and NATS. */
export interface NatsSide {
  /** Undefined where the configuration names servers. */
  readonly hub: Hub | undefined;
  readonly nats: NatsLink;
  readonly outbox: DiskOutbox | undefined;
  readonly bridge: Bridge;
  /** In the order in which they start. */
  readonly parts: readonly Component[];
}

export function createNatsSide(
  config: ResolvedConfig,
  { broker, packetBytes, telemetry, clock }: NatsSideDeps,
): NatsSide {
  const { nodeId } = broker;
  const usesHub = config.nats.servers.length === 0;
  const hub = usesHub ? createHub(config.nats.hub)({ telemetry, clock, version, serverName: nodeId }) : undefined;
  const servers = hub === undefined ? config.nats.servers : () => [hub.url()];
  const bridgeOf = createBridge(config.bridge);
  const link = { servers, clientName: nodeId, hasEcho: bridgeOf.hearsItself, packetBytes };
  const nats = createNatsLink(resolveNatsOptions(config.nats, config.secrets, link))({ telemetry, clock });
  const outbox = createOutbox(config, { telemetry, clock });
  const bridge = bridgeOf({ plane: broker, nats, telemetry, outbox, clock });
  return { hub, nats, outbox, bridge, parts: [hub, nats, outbox, bridge].filter((part) => part !== undefined) };
}
