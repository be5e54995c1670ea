import { isDeepStrictEqual } from 'node:util';
import { type Bridge, createBridge } from '../bridge/bridge.ts';
import type { NatsLink } from '../bridge/link.ts';
import { createNatsLink } from '../bridge/nats/nats-link.ts';
import { resolveNatsOptions } from '../bridge/nats/resolved-options.ts';
import type { BridgeRuleOptions } from '../bridge/schema.ts';
import type { BridgeGuard, MessagePort } from '../broker/ports.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import { createHub, type Hub } from '../hub/hub.ts';
import { AppError } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import { nothing, type Prepared } from '../kernel/prepared.ts';
import type { DiskOutbox } from '../storage/outbox/disk-outbox.ts';
import { createOutbox, type StoreContext } from './store.ts';
import { version } from './version.ts';

export interface NatsSideDeps extends StoreContext {
  readonly broker: MessagePort;
  /** See `BridgeDeps`. */
  readonly guard: (rule: string) => BridgeGuard;
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
  /**
   * Makes other bridge rules ready. Where the connection would have to be another for them, those that run stay.
   * @param waits told why, in a sentence
   */
  prepareRules(
    rules: readonly BridgeRuleOptions[],
    waits: (reason: string) => void,
    signal: AbortSignal,
  ): Promise<Prepared>;
}

export function createNatsSide(
  config: ResolvedConfig,
  { broker, guard, packetBytes, telemetry, clock }: NatsSideDeps,
): NatsSide {
  const { nodeId } = broker;
  const usesHub = config.nats.servers.length === 0;
  const hub = usesHub ? createHub(config.nats.hub)({ telemetry, clock, version, serverName: nodeId }) : undefined;
  const servers = hub === undefined ? config.nats.servers : () => [hub.url()];
  const bridgeOf = createBridge(config.bridge);
  const link = { servers, clientName: nodeId, hasEcho: bridgeOf.hearsItself, packetBytes };
  const nats = createNatsLink(resolveNatsOptions(config.nats, config.secrets, link))({ telemetry, clock });
  const outbox = createOutbox(config, { telemetry, clock });
  const bridge = bridgeOf({ plane: broker, nats, guard, telemetry, outbox, clock });
  return {
    hub,
    nats,
    outbox,
    bridge,
    parts: [hub, nats, outbox, bridge].filter((part) => part !== undefined),
    async prepareRules(rules, waits, signal) {
      const running = bridge.rules.map(({ options }) => options);
      if (isDeepStrictEqual(byName(rules), byName(running))) return nothing;
      try {
        return await bridge.prepareRules(rules, signal);
      } catch (cause) {
        if (!(cause instanceof AppError && cause.code === 'rules-need-restart')) throw cause;
        waits(cause.message);
        return nothing;
      }
    },
  };
}

const byName = (rules: readonly BridgeRuleOptions[]): readonly BridgeRuleOptions[] =>
  rules.toSorted((a, b) => (a.name < b.name ? -1 : 1));
