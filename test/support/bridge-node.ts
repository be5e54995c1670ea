import { type Bridge, createBridge, needsEcho } from '../../src/bridge/bridge.ts';
import type { ResolvedNatsOptions } from '../../src/bridge/nats/resolved-options.ts';
import { bridgeSchema } from '../../src/bridge/schema.ts';
import { messagePort, type TestPort } from './message-port.ts';
import { startLink, type TestLink } from './nats-link.ts';
import type { NatsServer } from './nats-server.ts';
import { patient } from './patience.ts';

/** A bridge between a broker without clients and a real NATS. */
export interface TestNode extends AsyncDisposable {
  readonly plane: TestPort;
  readonly link: TestLink;
  readonly bridge: Bridge;
  /** Resolves when everything this node has sent is with the server, and everything the server has sent is here. */
  settle(): Promise<void>;
}

/** @param config of the bridge, as in a config file. @param more of the link */
export async function startNode(
  server: Pick<NatsServer, 'url'>,
  nodeId: string,
  config: object = {},
  more: Partial<ResolvedNatsOptions> = {},
): Promise<TestNode> {
  const options = bridgeSchema.parse(config);
  const link = await startLink({ servers: [server.url], clientName: nodeId, hasEcho: needsEcho(options), ...more });
  const plane = messagePort(nodeId);
  const bridge = createBridge(options, { plane, nats: link, telemetry: link.telemetry });
  await bridge.start(patient());
  return {
    plane,
    link,
    bridge,
    settle: () => link.flush(patient()),
    async [Symbol.asyncDispose]() {
      await bridge.stop(AbortSignal.timeout(1_000));
      await link[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when what the nodes have sent has come to all of them, and what follows from it. */
export const settle = async (...nodes: TestNode[]): Promise<void> => {
  for (const node of [...nodes, ...nodes]) await node.settle();
};
