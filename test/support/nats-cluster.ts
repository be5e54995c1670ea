import { freePorts } from './free-ports.ts';
import { type NatsServer, startNatsServer } from './nats-server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface NatsCluster extends AsyncDisposable {
  readonly servers: readonly NatsServer[];
}

/** Three nats-servers with JetStream that know each other. Who connects has to wait for their first leader. */
export async function startNatsCluster(): Promise<NatsCluster> {
  const directory = await temporaryDirectory();
  const ports = await freePorts(3);
  const routes = ports.map((port) => `nats-route://127.0.0.1:${port}`).join(', ');
  const servers = await Promise.all(
    ports.map((port, index) =>
      startNatsServer({
        config: `server_name: "n${index}"
jetstream { store_dir: "${directory.path}/n${index}" }
cluster { name: "c", listen: "127.0.0.1:${port}", routes: [${routes}] }`,
      }),
    ),
  );
  return {
    servers,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
      await directory[Symbol.asyncDispose]();
    },
  };
}
