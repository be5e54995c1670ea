import { isDeepStrictEqual } from 'node:util';
import { type Bridge, createBridge, needsEcho } from '../bridge/bridge.ts';
import type { NatsLink } from '../bridge/link.ts';
import { createNatsLink } from '../bridge/nats/nats-link.ts';
import { type ResolvedNatsOptions, resolveNatsOptions } from '../bridge/nats/resolved-options.ts';
import type { BridgeRuleOptions } from '../bridge/schema.ts';
import type { MessagePort } from '../broker/ports.ts';
import type { ResolvedConfig } from '../config/secrets.ts';
import type { Hub } from '../hub/hub.ts';
import { AppError } from '../kernel/errors.ts';
import type { Component } from '../kernel/lifecycle.ts';
import { nothing, type Prepared } from '../kernel/prepared.ts';
import type { DiskOutbox } from '../storage/outbox/disk-outbox.ts';
import type { AccessSide } from './access-side.ts';
import { createHubSide, type HubSideDeps } from './hub-side.ts';
import { createOutbox, type StoreContext } from './store.ts';

export interface NatsSideDeps extends StoreContext, Pick<HubSideDeps, 'certificates'> {
  readonly broker: MessagePort;
  readonly access: Pick<AccessSide, 'authenticator' | 'authorizer' | 'isBanned'>;
  /** Those of now. */
  readonly limits: () => ResolvedConfig['limits'];
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
  { broker, access, certificates, limits, telemetry, clock }: NatsSideDeps,
): NatsSide {
  const { nodeId } = broker;
  const { authenticator, authorizer, isBanned } = access;
  const hubAccess = { authenticator, authorizer: authorizer.hub, isBanned, limits };
  const hubDeps = { access: hubAccess, certificates, serverName: nodeId, telemetry, clock };
  const hub = createHubSide(config, hubDeps);
  const packetBytes = (): number => limits().packetSize;
  const link = { clientName: nodeId, hasEcho: needsEcho(config.bridge), packetBytes, ...wayTo(hub) };
  const nats = createNatsLink(resolveNatsOptions(config.nats, config.secrets, link), { telemetry, clock });
  const outbox = createOutbox(config, { telemetry, clock });
  const bridge = createBridge(config.bridge, {
    plane: broker,
    nats,
    guard: authorizer.guard,
    telemetry,
    outbox,
    clock,
  });
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

/** How the program itself comes to its hub; without one, as the configuration says. */
function wayTo(hub: Hub | undefined): Partial<Pick<ResolvedNatsOptions, 'servers' | 'login'>> {
  if (hub === undefined) return {};
  const { ownToken: token } = hub;
  return { servers: () => [hub.ownUrl()], ...(token === undefined ? {} : { login: { kind: 'token', token } }) };
}

const byName = (rules: readonly BridgeRuleOptions[]): readonly BridgeRuleOptions[] =>
  rules.toSorted((a, b) => (a.name < b.name ? -1 : 1));
